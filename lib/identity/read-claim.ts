import { readText, readTexts } from '../options.js';

/** Where a claim is: its name, or the path to it through nested objects. A dot in a name is part of the name. */
export type ClaimLocation = string | readonly string[];

/** Verified claims, as signed. */
export type Claims = Readonly<Record<string, unknown>>;

/** The claim at the location, undefined where there is none. Only what the token itself holds counts. */
export function readClaim(claims: Claims, location: ClaimLocation): unknown {
  if (typeof location === 'string') return Object.hasOwn(claims, location) ? claims[location] : undefined;
  let value: unknown = claims;
  for (const name of location) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/** Where a claim is, out of options. */
export function readLocation(option: string, value: unknown): ClaimLocation {
  if (!Array.isArray(value)) return readText(option, value, "'sub'");
  // A path of no steps would be the whole token.
  return readTexts(option, value, "['realm_access', 'roles']");
}
