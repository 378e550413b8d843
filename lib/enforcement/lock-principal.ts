import type { Principal } from '../identity/principal.js';

const principals = new WeakMap<object, Principal>();

/** Reads from where only this file writes; what a handler assigns is not kept, and nothing of ours reads it. */
const descriptor: PropertyDescriptor = {
  get(this: object) {
    return principals.get(this);
  },
  set() {},
  enumerable: true,
  configurable: false,
};

/** Makes `req.principal` the verified caller, or nobody: whatever was written there before is gone. */
export function lockPrincipal(req: object, principal: Principal | undefined): void {
  if (principal) principals.set(req, principal);
  else principals.delete(req);
  if (Reflect.defineProperty(req, 'principal', descriptor)) return;
  throw new Error(
    'the request has a principal that is not ours and cannot be replaced; are there two copies of countersign?',
  );
}
