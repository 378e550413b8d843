import { ConfigurationError } from '../errors.js';
import { type ClaimLocation, readLocation } from '../identity/read-claim.js';
import { isGiven, quoteText, readEntries, readOneOf, readOptions, readText, readTexts } from '../options.js';
import { type HopOption, readHop } from '../x509/read-hop.js';
import { type DeviceReader, readDeviceCertificate, readDeviceClaim, readDeviceHeader } from './read-device.js';
import { readHeaderName, readOtherwise, readScore } from './read-signal-parts.js';
import { readSignal } from './read-signals.js';
import type { Signal, SignalRequest } from './signal.js';

/** Who tells the state of a device. A state is text, or `true` and `false`. */
export type DeviceSource =
  /** A claim of the token, by its name or its path; of these issuers alone, or of any that is trusted. */
  | { readonly claim: ClaimLocation; readonly issuer?: string | readonly string[] }
  /** A header of a hop. From anybody else it isn't believed, and the application never sees it. */
  | { readonly header: string; readonly hop: HopOption }
  /**
   * An extended key usage (its OID) of the caller's certificate, which somebody vouches for: a device that has such a
   * certificate is in this state, `managed` by default.
   */
  | { readonly certificate: { readonly extendedKeyUsage: string; readonly state?: string } };

/** Options of {@link deviceSignal}. */
export interface DeviceSignalOptions {
  /** What records call it; `device` by default. */
  readonly name?: string;
  readonly from: DeviceSource;
  /** The score of each state; `{ compliant: 0, managed: 0.5 }` by default. */
  readonly scores?: Readonly<Record<string, number>>;
  /** The score of any other state, and of a device that nobody tells of; 1 by default. */
  readonly otherwise?: number;
}

/** How a source's device is read, and what a signal needs for it. */
interface Reading extends Pick<Signal, 'hopHeaders' | 'needsCertificate'> {
  readonly readState: DeviceReader;
}

const OPTIONS = ['name', 'from', 'scores', 'otherwise'] as const;
const SOURCES = ['claim', 'header', 'certificate'] as const;
const SCORES: ReadonlyMap<string, number> = new Map([
  ['compliant', 0],
  ['managed', 0.5],
]);
const EXAMPLE = "{ claim: 'device_state' }";
/** An object identifier in dots. */
const OID = /^[0-2](?:\.(?:0|[1-9]\d*))+$/;

/**
 * The state of the caller's device: the score of its state, `otherwise` where it has another one or none.
 *
 * @throws {ConfigurationError} for a source that is none, or a score out of bounds
 * @example deviceSignal({ from: { claim: ['device', 'state'], issuer: 'https://idp.example' } })
 * @example deviceSignal({ from: { header: 'x-device-state', hop: { loopback: true } } })
 */
export function deviceSignal(options: DeviceSignalOptions): Signal {
  const given = readOptions('deviceSignal', options, OPTIONS, `{ from: ${EXAMPLE} }`);
  const scores = isGiven(given, 'scores') ? readScores(given.scores) : SCORES;
  const otherwise = readOtherwise('deviceSignal', given);
  const { readState, ...needs } = readSource(given.from, scores);
  return readSignal('deviceSignal', {
    ...needs,
    name: isGiven(given, 'name') ? given.name : 'device',
    worst: Math.max(otherwise, ...scores.values()),
    assess: function assessDevice(request: SignalRequest) {
      const state = readState(request);
      const score = state === undefined ? undefined : scores.get(state);
      // Only states that the operator wrote are told: anything else may be whatever somebody sent.
      if (score !== undefined) return { score, reason: `the device is ${state}` };
      return { score: otherwise, reason: `the device is ${state === undefined ? 'unknown' : 'in another state'}` };
    },
  });
}

function readSource(value: unknown, scores: ReadonlyMap<string, number>): Reading {
  const from = readOptions('deviceSignal.from', value, [...SOURCES, 'hop', 'issuer'], EXAMPLE);
  const source = readOneOf('deviceSignal.from', from, SOURCES, EXAMPLE);
  if (isGiven(from, 'hop') && source !== 'header') refuseBeside('hop', source);
  if (isGiven(from, 'issuer') && source !== 'claim') refuseBeside('issuer', source);
  if (source === 'certificate') return readCertificateSource(from.certificate, scores);
  if (source === 'header') return readHeaderSource(from);
  const issuers = isGiven(from, 'issuer')
    ? new Set(readTexts('deviceSignal.from.issuer', from.issuer, "'https://idp.example'"))
    : undefined;
  return { readState: readDeviceClaim(readLocation('deviceSignal.from.claim', from.claim), issuers) };
}

function readHeaderSource({ header, hop }: { readonly header?: unknown; readonly hop?: unknown }): Reading {
  const name = readHeaderName('deviceSignal.from.header', header);
  return {
    hopHeaders: { [name]: readHop('deviceSignal.from.hop', hop) },
    readState: readDeviceHeader(name),
  };
}

function readCertificateSource(value: unknown, scores: ReadonlyMap<string, number>): Reading {
  const option = 'deviceSignal.from.certificate';
  const given = readOptions(
    option,
    value,
    ['extendedKeyUsage', 'state'],
    "{ extendedKeyUsage: '1.3.6.1.4.1.99999.1' }",
  );
  const purpose = readText(`${option}.extendedKeyUsage`, given.extendedKeyUsage, "'1.3.6.1.4.1.99999.1'");
  if (!OID.test(purpose)) {
    throw new ConfigurationError(
      `${option}.extendedKeyUsage`,
      `must be an object identifier, found ${quoteText(purpose)}; write for example '1.3.6.1.4.1.99999.1'`,
    );
  }
  const state = isGiven(given, 'state') ? readText(`${option}.state`, given.state, "'managed'") : 'managed';
  if (!scores.has(state)) {
    throw new ConfigurationError(
      `${option}.state`,
      `is ${quoteText(state)}, which has no score in deviceSignal.scores`,
    );
  }
  return { needsCertificate: true, readState: readDeviceCertificate(purpose, state) };
}

function refuseBeside(name: string, source: string): never {
  throw new ConfigurationError(`deviceSignal.from.${name}`, `has no meaning beside ${source}`);
}

function readScores(value: unknown): ReadonlyMap<string, number> {
  const entries = readEntries('deviceSignal.scores', value, { example: '{ compliant: 0, managed: 0.5 }' });
  if (entries.length === 0) {
    throw new ConfigurationError('deviceSignal.scores', 'is empty; write for example { compliant: 0, managed: 0.5 }');
  }
  return new Map(entries.map(([state, score]) => [state, readScore(`deviceSignal.scores.${state}`, score)]));
}
