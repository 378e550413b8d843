import * as nest from '@nestjs/common';
import { ConfigurationError } from '../errors.js';
import { CountersignGuard } from './countersign.guard.js';

/** Nest tells no version. This came with 12; where it is not there, it is taken for older: that closes, rather than opens. */
const IS_NEST_12 = 'StandardSchemaValidationPipe' in nest;

/** Nest keeps the guards of a class or a method by this name. */
const GUARDS = '__guards__';

/**
 * Before version 12, Nest applies no global guard to gateways: their handlers would be open. There each of them must name
 * the guard itself.
 *
 * @throws {ConfigurationError} for gateways that don't, under such a version
 */
export function checkGateways(gateways: readonly { readonly name: string }[], appliesGlobalGuards = IS_NEST_12): void {
  const open = gateways.filter((gateway) => !hasGuard(gateway));
  if (appliesGlobalGuards || open.length === 0) return;
  throw new ConfigurationError(
    'gateways',
    `would be open, since this version of Nest applies no global guard to them: ${open.map(({ name }) => name).join(', ')}; write @UseGuards(CountersignGuard) on each, or use Nest 12`,
  );
}

function hasGuard(gateway: object): boolean {
  const guards = (Reflect.getOwnMetadata(GUARDS, gateway) ?? []) as readonly unknown[];
  return guards.includes(CountersignGuard);
}
