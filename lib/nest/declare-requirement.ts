import 'reflect-metadata';
import { ConfigurationError } from '../errors.js';
import { type Requirement, type SettledRequirement, settleRequirement } from '../policy/read-requirement.js';

const REQUIREMENT = Symbol.for('countersign.requirement');

/** A decorator for a controller or a handler. */
export type RequirementDecorator = ClassDecorator & MethodDecorator;

/**
 * Declares what a controller, or one handler, demands.
 *
 * @throws {ConfigurationError} while the class is defined: for a requirement that is none, or a second one
 */
export function declareRequirement(requirement: Requirement): RequirementDecorator {
  const settled = settleRequirement(requirement);
  return function declare(target: object, key?: string | symbol, descriptor?: PropertyDescriptor) {
    const declared = key === undefined ? target : (descriptor?.value as object | undefined);
    const name = key === undefined ? (target as { readonly name?: string }).name : String(key);
    if (!declared)
      throw new ConfigurationError(`${name}`, 'is no method: a requirement is declared on a controller or a handler');
    if (Reflect.hasOwnMetadata(REQUIREMENT, declared)) {
      throw new ConfigurationError(
        `${name}`,
        'declares two requirements: write one that says it all, for example @Require({ … })',
      );
    }
    Reflect.defineMetadata(REQUIREMENT, settled, declared);
  } as RequirementDecorator;
}

/**
 * The requirement that the class or method itself declares. What a base class declared doesn't count: a subclass, or an
 * override, that drops the decorator has said nothing.
 */
export function readDeclaredRequirement(target: object): SettledRequirement | undefined {
  return Reflect.getOwnMetadata(REQUIREMENT, target) as SettledRequirement | undefined;
}
