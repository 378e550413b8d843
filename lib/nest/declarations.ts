import type { Type } from '@nestjs/common';
import { ConfigurationError } from '../errors.js';
import { describeFound, isGiven, readOneOf, readOptions, readText } from '../options.js';
import {
  type Requirement,
  type SettledRequirement,
  settleRequirement,
  UNDECLARED,
} from '../policy/read-requirement.js';
import { readDeclaredRequirement } from './declare-requirement.js';
import type { Endpoints, ModuleExtras } from './module-options.js';

const ENDPOINTS = ['metrics', 'jwks', 'metadata', 'resourceMetadata', 'health'] as const;

/** The extras of the module, checked, and what every handler demands. */
export class Declarations {
  readonly endpoints: Endpoints;
  readonly refusesStart: boolean;
  readonly #outside: ReadonlyMap<object, SettledRequirement>;

  constructor(extras: ModuleExtras) {
    this.endpoints = readEndpoints(extras.endpoints);
    this.refusesStart = readUndeclaredRoutes(extras.undeclaredRoutes);
    this.#outside = readOutside(extras.declare);
  }

  /** The handler's own declaration, else its controller's, else one from outside, else: closed. */
  find(controller: object, handler: object): SettledRequirement {
    return (
      readDeclaredRequirement(handler) ??
      readDeclaredRequirement(controller) ??
      this.#outside.get(controller) ??
      UNDECLARED
    );
  }
}

function readEndpoints(value: unknown): Endpoints {
  const given = readOptions('endpoints', value, ENDPOINTS, "{ metrics: '/metrics' }");
  for (const name of ENDPOINTS) {
    if (isGiven(given, name) && !readText(`endpoints.${name}`, given[name], `'/${name}'`).startsWith('/')) {
      throw new ConfigurationError(
        `endpoints.${name}`,
        `must be a path that begins with a slash; write for example '/${name}'`,
      );
    }
  }
  return given as Endpoints;
}

function readUndeclaredRoutes(value: unknown): boolean {
  if (value === 'close' || value === 'refuse-start') return value === 'refuse-start';
  throw new ConfigurationError('undeclaredRoutes', `must be 'close' or 'refuse-start', found ${describeFound(value)}`);
}

function readOutside(value: unknown): ReadonlyMap<object, SettledRequirement> {
  if (!Array.isArray(value)) {
    throw new ConfigurationError(
      'declare',
      `must be a list, found ${describeFound(value)}; write [{ controller, requirement }]`,
    );
  }
  return new Map(value.map((entry, at) => readEntry(`declare[${at}]`, entry)));
}

function readEntry(option: string, entry: unknown): readonly [object, SettledRequirement] {
  const given = readOptions(option, entry, ['controller', 'requirement'], '{ controller, requirement }');
  readOneOf(option, given, ['controller'], '{ controller, requirement }');
  const controller = given.controller as Type<unknown>;
  if (typeof controller !== 'function') {
    throw new ConfigurationError(
      `${option}.controller`,
      `must be a controller class, found ${describeFound(controller)}`,
    );
  }
  if (readDeclaredRequirement(controller)) {
    throw new ConfigurationError(`${option}.controller`, `declares a requirement itself: ${controller.name}`);
  }
  return [controller, settleRequirement(given.requirement as Requirement)];
}
