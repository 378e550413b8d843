import { ConfigurationError } from '../errors.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { sealPermissions } from '../identity/seal-permissions.js';
import { type Clock, quoteText, readDate, readEntries, readOptionalSwitch, readOptions } from '../options.js';

/** A permission that somebody has, for ever or until a time (just-in-time access). */
export type Grant =
  | string
  | {
      readonly permission: string;
      /** From then on it is gone. */
      readonly until: Date | string;
    };

/** What somebody is granted at present: the same set, for as long as it is the same. */
export type Granted = () => ReadonlySet<string>;

/** What reading grants needs beside them. */
export interface GrantSettings {
  readonly now: Clock;
  /** `orders:*` is granted as all permissions that begin so. */
  readonly wildcards: boolean;
}

interface TimedGrant {
  readonly name: string;
  readonly until: number;
}

/** A list of grants, as it was written, as the sets that it comes to. */
export function readGrants(option: string, value: unknown, { now, wildcards }: GrantSettings): Granted {
  if (!Array.isArray(value)) return alwaysGrant(readNames(option, value, wildcards));
  const timed = value.flatMap((item, at) =>
    typeof item === 'object' && item !== null ? [readTimed(`${option}[${at}]`, item, wildcards)] : [],
  );
  const lasting = readNames(
    option,
    value.filter((item) => typeof item !== 'object' || item === null),
    wildcards,
  );
  return timed.length === 0 ? alwaysGrant(lasting) : grantInTime(lasting, timed, now);
}

/** A table from names to grants. */
export function readGrantTable(
  option: string,
  value: unknown,
  { example, ...settings }: GrantSettings & { readonly example: string },
): ReadonlyMap<string | undefined, Granted> {
  return new Map(
    readEntries(option, value, { example }).map(([name, grants]) => [
      name,
      readGrants(`${option}[${quoteText(name)}]`, grants, settings),
    ]),
  );
}

function alwaysGrant(names: readonly string[]): Granted {
  const granted = sealPermissions(names, names.filter(isWildcard));
  return () => granted;
}

/** The set is made anew when one of the grants ends, or a clock was set back. */
function grantInTime(lasting: readonly string[], timed: readonly TimedGrant[], now: Clock): Granted {
  let held: { readonly granted: ReadonlySet<string>; readonly from: number; readonly until: number } | undefined;
  return () => {
    const present = now();
    if (held && present >= held.from && present < held.until) return held.granted;
    const current = timed.filter(({ until }) => present < until);
    const names = [...lasting, ...current.map(({ name }) => name)];
    const granted = sealPermissions(names, names.filter(isWildcard));
    held = { granted, from: present, until: Math.min(...current.map(({ until }) => until)) };
    return granted;
  };
}

function readTimed(option: string, item: object, wildcards: boolean): TimedGrant {
  const given = readOptions(
    option,
    item,
    ['permission', 'until'],
    "{ permission: 'orders:refund', until: '2026-12-24' }",
  );
  const [name = ''] = readNames(`${option}.permission`, [given.permission], wildcards);
  return { name, until: readDate(`${option}.until`, given.until) };
}

function readNames(option: string, value: unknown, wildcards: boolean): readonly string[] {
  const names = [...readPermissionNames(option, value)];
  for (const name of names.filter((each) => each.includes('*'))) {
    if (!wildcards) {
      throw new ConfigurationError(
        option,
        `holds the wildcard ${quoteText(name)}; write wildcardGrants: true in this trust entry, or each permission by its name`,
      );
    }
    if (!isWildcard(name)) {
      throw new ConfigurationError(
        option,
        `holds ${quoteText(name)}: a wildcard stands alone, at the end, behind a colon, point or slash; write for example 'orders:*'`,
      );
    }
  }
  return names;
}

function isWildcard(name: string): boolean {
  return /^[^*]+[:./]\*$/.test(name);
}

/** Whether an entry has wildcards in its grants, which must be written. */
export function readWildcards(option: string, entry: { readonly wildcardGrants?: unknown }): boolean {
  return readOptionalSwitch(`${option}.wildcardGrants`, entry, 'wildcardGrants');
}
