import type { Issuer } from '../trust/issuer.js';
import type { KeyStatus } from '../trust/key-source.js';

/** Whether a service can judge requests. */
export interface Readiness {
  /** Every trusted issuer has keys that can be used. */
  readonly ready: boolean;
  readonly issuers: readonly (KeyStatus & { readonly issuer: string })[];
}

/** How the keys of every issuer stand, after those that were never got have been asked for. */
export async function tellReadiness(issuers: ReadonlyMap<string, Issuer>): Promise<Readiness> {
  await Promise.all([...issuers.values()].map(({ keys }) => keys.warm()));
  const statuses = [...issuers].map(([issuer, { keys }]) => ({ issuer, ...keys.status() }));
  return { ready: statuses.every(({ usable }) => usable), issuers: statuses };
}
