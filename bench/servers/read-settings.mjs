import { AUDIENCE } from '../measure/open-issuer.mjs';

/** What the parent says: whom to trust, where log lines go, and whether they are handed over in batches. */
export function readSettings() {
  const { issuer, jwksUri, log, isBatched = false } = JSON.parse(process.argv[2]);
  return { issuer, audience: AUDIENCE, algorithm: 'ES256', jwksUri, log, isBatched };
}
