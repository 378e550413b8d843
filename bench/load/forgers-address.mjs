import { platform } from 'node:os';

/**
 * Where forgers call from, so that a server can tell them from valid callers: all of 127.0.0.0/8 is loopback, but for systems
 * that give it one address alone.
 */
export const FORGERS_ADDRESS = platform() === 'linux' ? '127.0.0.2' : undefined;
