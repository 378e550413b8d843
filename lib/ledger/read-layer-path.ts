import type { ExpressLayer } from './express-router.js';

/** A path that the router doesn't tell; Express 4 keeps at least what it made of it. */
export class UntoldPath {
  readonly pattern: RegExp | undefined;

  constructor(pattern: RegExp | undefined) {
    this.pattern = pattern;
  }
}

/** What a plain mount path becomes in Express 4, and nothing but that. */
const PLAIN_MOUNT = /^\^((?:\\\/(?:[A-Za-z0-9_~%!&',;=@-]|\\[.$-])+)+)\\\/\?\(\?=\\\/\|\$\)$/;

/** The path that a layer was mounted on, as written. */
export function readLayerPath({ route, rawPath, slash, regexp, keys }: ExpressLayer): unknown {
  if (route) return route.path;
  if (rawPath !== undefined) return rawPath;
  if (slash || regexp?.fast_slash) return '/';
  const plain = keys?.length === 0 ? PLAIN_MOUNT.exec(regexp?.source ?? '')?.[1] : undefined;
  return plain?.replaceAll(/\\(.)/g, '$1') ?? new UntoldPath(regexp);
}
