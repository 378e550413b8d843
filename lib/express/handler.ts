import type { IncomingMessage, ServerResponse } from 'node:http';

/** Hands over to what comes next, as in Express. */
export type Next = (error?: unknown) => void;

/** A middleware or route handler, in words that Express understands and that need none of its types. */
export type Handler = (req: IncomingMessage, res: ServerResponse, next: Next) => void;
