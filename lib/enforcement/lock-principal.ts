import type { Principal } from '../identity/principal.js';
import type { Resource } from '../policy/decision.js';
import { createStamps } from '../stamp-objects.js';

/** Who the caller is, or that there is none. */
const principals = createStamps<{ readonly caller: Principal | undefined }>();
const resources = createStamps<Resource>();

/** Reads from where only this file writes; what a handler assigns is not kept, and nothing of ours reads it. */
function readFrom(read: (req: object) => unknown): PropertyDescriptor {
  return {
    get(this: object) {
      return read(this);
    },
    set() {},
    enumerable: true,
    configurable: false,
  };
}

const principal = readFrom((req) => principals.get(req)?.caller);
const resource = readFrom((req) => resources.get(req));

/** Makes `req.principal` the verified caller, or nobody: whatever was written there before is gone. */
export function lockPrincipal(req: object, caller: Principal | undefined): void {
  const locked = principals.get(req);
  if (locked && locked.caller === caller) return; // a guard before this one locked it
  lock(req, 'principal', principal);
  principals.set(req, { caller });
}

/** Makes `req.resource` what the request is about, where a loader found it: whatever was written there before is gone. */
export function lockResource(req: object, found: Resource | undefined): void {
  if (!found) return; // a guard before this one may have loaded it
  keepResource(req, found);
  lock(req, 'resource', resource);
}

/** Keeps what a call is about, where nobody but {@link findResource} looks. `call` must stand for no other one. */
export function keepResource(call: object, found: Resource): void {
  resources.set(call, found);
}

/** What a request or call is about, as a loader found it. */
export function findResource(call: object): Resource | undefined {
  return resources.get(call);
}

function lock(req: object, name: string, descriptor: PropertyDescriptor): void {
  if (Reflect.defineProperty(req, name, descriptor)) return;
  throw new Error(
    `the request has a ${name} that is not ours and cannot be replaced; are there two copies of countersign?`,
  );
}
