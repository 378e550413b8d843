import { type ClaimLocation, readClaim } from '../identity/read-claim.js';
import { readCertificate } from '../x509/read-certificate.js';
import type { SignalRequest } from './signal.js';

/** The state of the caller's device, where somebody tells it who may. */
export type DeviceReader = (request: SignalRequest) => string | undefined;

/** By a claim of its token. */
export function readDeviceClaim(location: ClaimLocation, issuers: ReadonlySet<string> | undefined): DeviceReader {
  return ({ principal: { issuer, claims } }) => {
    const state = issuers?.has(issuer) === false ? undefined : readClaim(claims, location);
    return typeof state === 'string' || typeof state === 'boolean' ? String(state) : undefined;
  };
}

/** By a header of a hop. */
export function readDeviceHeader(name: string): DeviceReader {
  return ({ hopHeader }) => hopHeader(name)?.trim();
}

/** By what its certificate is for. One that can't be read throws, and is worth nothing. */
export function readDeviceCertificate(purpose: string, state: string): DeviceReader {
  return ({ certificate }) =>
    certificate && readCertificate(certificate).extendedKeyUsage?.includes(purpose) ? state : undefined;
}
