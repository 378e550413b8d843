import { AccessDenied } from '../errors.js';
import type { Principal } from '../identity/principal.js';
import type { StepUp } from '../identity/read-step-up.js';
import { AuthenticationInsufficient } from './authentication-insufficient.js';

/**
 * Whether the user was authenticated as the route asks (RFC 9470 section 4). What a token doesn't tell is not satisfied;
 * acr values are alternatives, and none is above another. A service has no user who could do better: asking it again and
 * again would be no use.
 *
 * @throws {AccessDenied} `caller_kind_refused`, `authentication_too_weak`, `authentication_too_old`
 */
export function checkStepUp(
  { kind, authentication }: Principal,
  stepUp: StepUp,
  { now, clockToleranceSeconds }: { readonly now: number; readonly clockToleranceSeconds: number },
): void {
  if (kind === 'service') {
    throw new AccessDenied(
      'caller_kind_refused',
      'the route asks how its user was authenticated, and a service has none',
    );
  }
  const { acr, amr, maxAgeSeconds } = stepUp;
  const { contextClass, methods = [], time } = authentication;
  if (acr && !(contextClass !== undefined && acr.includes(contextClass))) {
    throw new AuthenticationInsufficient(
      'authentication_too_weak',
      'the user was authenticated in another way than the route asks',
      stepUp,
    );
  }
  if (amr && !amr.every((method) => methods.includes(method))) {
    throw new AuthenticationInsufficient(
      'authentication_too_weak',
      'the user was authenticated without a method that the route asks',
      stepUp,
    );
  }
  if (maxAgeSeconds === undefined) return;
  const age = time === undefined ? Number.NaN : now - time;
  if (!(age <= maxAgeSeconds + clockToleranceSeconds && age >= -clockToleranceSeconds)) {
    throw new AuthenticationInsufficient(
      'authentication_too_old',
      'the user was authenticated longer ago than the route asks',
      stepUp,
    );
  }
}
