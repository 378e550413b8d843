export { countersign, type ExpressGate, type GuardOptions } from './countersign.js';
export type { Handler, Next } from './handler.js';
