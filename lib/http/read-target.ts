/** Path and query of a request as they arrived: Express shortens `url` by the paths under which it mounts. */
export function readTarget({
  originalUrl,
  url,
}: {
  readonly originalUrl?: unknown;
  readonly url?: string | undefined;
}): string {
  return typeof originalUrl === 'string' ? originalUrl : (url ?? '');
}
