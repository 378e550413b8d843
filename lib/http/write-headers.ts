import type { ServerResponse } from 'node:http';

/** The header that names what scripts of another origin may read. */
export const EXPOSED = 'access-control-expose-headers';

/** Sets headers of ours. What a CORS layer lets scripts read stays, ours come to it. */
export function writeHeaders(res: ServerResponse, headers: Readonly<Record<string, string | readonly string[]>>): void {
  const entries = Object.entries(headers);
  if (entries.length === 0 || res.headersSent) return;
  for (const [name, value] of entries) {
    const present = name === EXPOSED ? res.getHeader(EXPOSED) : undefined;
    res.setHeader(name, present === undefined ? (value as string | string[]) : joinNames(present, String(value)));
  }
}

/** Each name once, however many guards a request passes. */
function joinNames(present: unknown, added: string): string {
  const known = String(present)
    .toLowerCase()
    .split(/\s*,\s*/);
  const missing = added.split(', ').filter((name) => !known.includes(name.toLowerCase()));
  return [String(present), ...missing].join(', ');
}
