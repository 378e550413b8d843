import type { IncomingMessage } from 'node:http';

/** What Express adds to a request, as far as it is read here. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string | undefined;
  readonly ip?: string | undefined;
  readonly app?: ExpressApplication | undefined;
  readonly route?: ExpressRoute | undefined;
}

/** An Express application, as far as it is read here. */
export interface ExpressApplication {
  /** The router of Express 5. */
  readonly router?: ExpressRouter;
  /** The router of Express 4, once there is one. */
  readonly _router?: ExpressRouter;
  /** Only Express 4 has it; there, reading `router` throws. */
  readonly lazyrouter?: unknown;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly mountpath?: unknown;
  readonly parent?: ExpressApplication;
}

/** A router of Express 4, or of the package `router` that Express 5 uses. */
export interface ExpressRouter {
  readonly stack: readonly ExpressLayer[];
  readonly caseSensitive?: boolean;
  readonly params?: Readonly<Record<string, readonly object[]>>;
}

/** One entry of a router. */
export interface ExpressLayer {
  readonly name: string;
  readonly handle: object & { readonly stack?: readonly ExpressLayer[]; readonly length?: number };
  readonly route?: ExpressRoute | undefined;
  /** On layers within a route: the method, absent for all. */
  readonly method?: string;
  /** The path as written: router 2.3 and later. */
  readonly rawPath?: unknown;
  /** Mounted on `/`: router 2. */
  readonly slash?: boolean;
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly unknown[];
}

/** A route: what was written as its path, and its handlers. */
export interface ExpressRoute {
  readonly path: unknown;
  readonly stack: readonly ExpressLayer[];
}
