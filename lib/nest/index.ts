export { Caller } from './caller.decorator.js';
export { CountersignGuard } from './countersign.guard.js';
export { CountersignModule } from './countersign.module.js';
export { Countersign } from './countersign.service.js';
export type { RequirementDecorator } from './declare-requirement.js';
export type { Endpoints, ModuleExtras } from './module-options.js';
export { provideHttpService } from './provide-http-service.js';
export { AccessRefused } from './refuse-access.js';
export {
  AllowDelegated,
  Public,
  Require,
  RequireAuthenticated,
  RequireContext,
  RequireMfa,
  RequirePermission,
  RequireStepUp,
  RequireUser,
} from './requirement.decorators.js';
export { Resource } from './resource.decorator.js';
