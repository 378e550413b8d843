import { ConfigurableModuleBuilder, type Type } from '@nestjs/common';
import type { GateOptions } from '../gate/create-gate.js';
import type { Requirement } from '../policy/read-requirement.js';

/** Paths of endpoints that countersign serves itself, outside of the global prefix. */
export interface Endpoints {
  /** The metrics; for callers that hold `metrics:read`. */
  readonly metrics?: string;
  /** Our public keys; public. */
  readonly jwks?: string;
  /** RFC 8414 metadata, by which others discover our keys; public. */
  readonly metadata?: string;
  /** RFC 9728 metadata, by which clients learn what the handlers demand; public. */
  readonly resourceMetadata?: string;
  /** Whether the process is alive; public, says nothing more. */
  readonly health?: string;
}

/** What the module needs to know when it is imported, beside the gate's own options. */
export interface ModuleExtras {
  readonly endpoints?: Endpoints;
  /** Handlers that declare nothing are closed and told at start; `refuse-start`: the application doesn't start with them. */
  readonly undeclaredRoutes?: 'close' | 'refuse-start';
  /** Requirements for controllers of other packages, which can't be decorated. */
  readonly declare?: readonly { readonly controller: Type<unknown>; readonly requirement: Requirement }[];
}

/** Token of the extras, within the module. */
export const MODULE_EXTRAS = Symbol('countersign.module-extras');

const defaults: Required<ModuleExtras> = { endpoints: {}, undeclaredRoutes: 'close', declare: [] };

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<GateOptions>({
  moduleName: 'Countersign',
})
  .setClassMethodName('forRoot')
  .setExtras<ModuleExtras>(defaults, (definition, extras) => ({
    ...definition,
    global: true,
    providers: [...(definition.providers ?? []), { provide: MODULE_EXTRAS, useValue: { ...defaults, ...extras } }],
  }))
  .build();
