import { AUDIENCE, ISSUER } from './issuer-name.mjs';

/** What the parent says: where the issuer's keys are, where log lines go, and whether they are handed over in batches. */
export function readSettings() {
  const { jwksUri, log, isBatched = false } = JSON.parse(process.argv[2]);
  return { issuer: ISSUER, audience: AUDIENCE, algorithm: 'ES256', jwksUri, log, isBatched };
}
