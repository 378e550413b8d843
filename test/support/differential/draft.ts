import type { AlgorithmName } from 'countersign';
import fc from 'fast-check';
import { type Algorithm, algorithms } from '../../../lib/jose/algorithms.js';
import { type Signer, signersOf } from './signers.js';

/** Members of a JSON object as text, so that they can be doubled, escaped, or be no JSON at all. */
export type Members = readonly (readonly [name: string, json: string])[];

/** An honest token that is about to be made, and the keys that are published for it. Mutations change one thing each. */
export interface Draft {
  readonly signer: Signer;
  readonly algorithm: AlgorithmName;
  readonly header: Members;
  readonly claims: Members;
  /** From JSON text to the bytes that are encoded. */
  readonly writeHeader: (text: string) => Uint8Array;
  readonly writeClaims: (text: string) => Uint8Array;
  /** From bytes to each part of the token. */
  readonly encodeHeader: (bytes: Uint8Array) => string;
  readonly encodeClaims: (bytes: Uint8Array) => string;
  readonly encodeSignature: (bytes: Uint8Array) => string;
  readonly makeSignature: (draft: Draft, input: Uint8Array) => Buffer;
  /** What happens to the token on its way. */
  readonly damage: (token: string) => string;
  /** The signer's entry in the key set, and those around it. */
  readonly key: Readonly<Record<string, unknown>>;
  readonly keysBefore: readonly unknown[];
  readonly keysAfter: readonly unknown[];
  /** Algorithms that the verifiers allow. */
  readonly allowed: readonly AlgorithmName[];
}

/** One thing that is done to a draft; its name is what a counterexample shows. */
export interface Mutation {
  readonly name: string;
  readonly apply: (draft: Draft) => Draft;
}

export const NOW = 1_800_000_000;
export const ISSUER = 'https://issuer.test';
export const AUDIENCES = ['api://orders', 'api://returns'] as const;

/** What is shown to both verifiers. */
export interface Case {
  readonly token: string;
  /** The token in its one right spelling, before it was written oddly or damaged on its way. */
  readonly signed: string;
  readonly keys: readonly unknown[];
  readonly allowed: readonly AlgorithmName[];
}

/** The finished token and key set. */
export function finish(draft: Draft): Case {
  const { header, claims, keysBefore, key, keysAfter, allowed } = draft;
  const headerPart = draft.encodeHeader(draft.writeHeader(writeObject(header)));
  const claimsPart = draft.encodeClaims(draft.writeClaims(writeObject(claims)));
  const input = `${headerPart}.${claimsPart}`;
  const signature = draft.makeSignature(draft, Buffer.from(input));
  const sent = `${input}.${draft.encodeSignature(signature)}`;
  const signed = `${input}.${base64url(signature)}`;
  return { token: draft.damage(sent), signed, keys: [...keysBefore, key, ...keysAfter], allowed };
}

function writeObject(members: Members): string {
  return `{${members.map(([name, json]) => `${name}:${json}`).join(',')}}`;
}

/** The members with one of them replaced, added where it is missing, or taken out where there is no JSON for it. */
export function setMember(members: Members, name: string, json: string | undefined): Members {
  const at = members.findIndex(([written]) => JSON.parse(written) === name);
  const put: Members = json === undefined ? [] : [[JSON.stringify(name), json]];
  return at < 0 ? [...members, ...put] : [...members.slice(0, at), ...put, ...members.slice(at + 1)];
}

/** Members of the signer's entry that are replaced, or taken out where they are undefined. */
export function setKey(draft: Draft, members: Draft['key']): Draft {
  const entries = Object.entries({ ...draft.key, ...members });
  return { ...draft, key: Object.fromEntries(entries.filter(([, value]) => value !== undefined)) };
}

/** The token names no key. */
export function withoutKeyId(draft: Draft): Draft {
  return { ...draft, header: setMember(draft.header, 'kid', undefined) };
}

function textMembers(values: Readonly<Record<string, unknown>>): Members {
  return Object.entries(values).map(([name, value]) => [JSON.stringify(name), JSON.stringify(value)]);
}

const utf8 = (text: string) => Buffer.from(text);
export const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** An entry of a key set as an honest issuer writes it. */
export function publish(algorithm: AlgorithmName, which: 0 | 1 = 0): Readonly<Record<string, unknown>> {
  return { ...signersOf(algorithm)[which].jwk, kid: keyIdOf(algorithm, which), alg: algorithm, use: 'sig' };
}

export const keyIdOf = (algorithm: AlgorithmName, which = 0) => `${algorithm} of 2027, ${which}`;

export const ALL = Object.keys(algorithms) as AlgorithmName[];
const COMMON: readonly AlgorithmName[] = ['ES256', 'RS256', 'PS256', 'EdDSA']; // the larger curves take their time

/** Whether a key is of the type and curve that the algorithm needs. */
export function fitsKey(algorithm: unknown, { kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }): boolean {
  const row: Algorithm | undefined = algorithms[(algorithm === 'Ed25519' ? 'EdDSA' : algorithm) as AlgorithmName];
  return row?.keyType === kty && (row?.curve === undefined || row.curve === crv);
}

/** Whether both name one algorithm: EdDSA has two names (RFC 9864). */
export function sameAlgorithm(one: unknown, other: unknown): boolean {
  const isEd = (name: unknown) => name === 'EdDSA' || name === 'Ed25519';
  return one === other || (isEd(one) && isEd(other));
}

/** Algorithms of the same kind of key. */
export function siblingsOf(algorithm: AlgorithmName): readonly AlgorithmName[] {
  const [{ jwk }] = signersOf(algorithm);
  return ALL.filter((name) => fitsKey(name, jwk));
}

/** Honest drafts: service or user, several algorithms, keys that name theirs or don't, other keys around. */
export const honestDraft: fc.Arbitrary<Draft> = fc
  .record({
    algorithm: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...COMMON) }, fc.constantFrom(...ALL, 'ES384')),
    subject: fc.constantFrom('test-service', 'alice'),
    newName: fc.boolean(),
    isUnnamed: fc.integer({ min: 0, max: 5 }).map((roll) => roll === 0),
    alsoAllowed: fc.oneof(fc.constant<AlgorithmName[]>([]), fc.subarray(ALL), fc.constant(ALL)),
    before: fc.subarray([...COMMON], { maxLength: 2 }),
    after: fc.subarray([...COMMON], { maxLength: 2 }),
  })
  .map(({ algorithm, subject, newName, isUnnamed, alsoAllowed, before, after }) => {
    const isNewName = newName && algorithm === 'EdDSA'; // RFC 9864
    const { alg, ...unnamed } = publish(algorithm);
    return {
      signer: signersOf(algorithm)[0],
      algorithm,
      header: textMembers({ alg: isNewName ? 'Ed25519' : algorithm, typ: 'at+jwt', kid: keyIdOf(algorithm) }),
      claims: textMembers({
        iss: ISSUER,
        sub: subject,
        client_id: 'test-service',
        aud: AUDIENCES[0],
        iat: NOW,
        exp: NOW + 300,
        jti: 'once',
      }),
      writeHeader: utf8,
      writeClaims: utf8,
      encodeHeader: base64url,
      encodeClaims: base64url,
      encodeSignature: base64url,
      makeSignature: (draft, input) => draft.signer.sign(draft.algorithm, input),
      damage: (token) => token,
      key: isUnnamed ? unnamed : { ...unnamed, alg },
      keysBefore: before.filter((name) => name !== algorithm).map((name) => publish(name)),
      keysAfter: after.filter((name) => name !== algorithm && !before.includes(name)).map((name) => publish(name)),
      allowed: [algorithm, ...alsoAllowed.filter((name) => name !== algorithm)],
    };
  });
