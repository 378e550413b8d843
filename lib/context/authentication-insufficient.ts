import { AccessDenied, type ReasonCode } from '../errors.js';
import type { StepUp } from '../identity/read-step-up.js';

/** A refusal that its user can do something about: `stepUp` is what would do. */
export class AuthenticationInsufficient extends AccessDenied {
  readonly stepUp: StepUp;

  constructor(reason: ReasonCode & `authentication_${string}`, message: string, stepUp: StepUp) {
    super(reason, message);
    this.stepUp = stepUp;
  }
}
