import { RequestAttempt } from '../enforcement/request-attempt.js';
import type { AccessRequest } from '../http/from-node-request.js';
import type { Principal } from '../identity/principal.js';
import type { VerificationKey } from '../jose/import-public-key.js';
import type { RecordedDecision } from '../policy/ask-decision-points.js';
import type { DecisionContext, Resource } from '../policy/decision.js';
import type { Issuer } from '../trust/issuer.js';
import type { Station, Stretch } from './stations.js';

/** An attempt that remembers how far it got, and of which nothing is written down. */
export class ReplayAttempt extends RequestAttempt {
  /** Where it is now. */
  stretch: Stretch = { from: 'credential', to: 'credential' };
  chosenIssuer: Issuer | undefined;
  foundKey: VerificationKey | undefined;
  caller: Principal | undefined;
  resource: Resource | undefined;
  readonly decisions: RecordedDecision[] = [];

  constructor(request: AccessRequest, service: string, now: () => number) {
    super(request, { service, nameScopes: false, now, record() {}, lose() {} });
  }

  /** Everything before `from` was passed. */
  reach(from: Station, to: Station = from): void {
    this.stretch = { from, to };
  }

  override authentic(principal: Principal, keys: { readonly keysStale: boolean }): void {
    super.authentic(principal, keys);
    this.caller = principal;
    this.reach('times', 'binding');
  }

  override intended(): void {
    super.intended();
    this.reach('binding', 'revocation');
  }

  override async findOnce(...asked: Parameters<RequestAttempt['findOnce']>): Promise<Resource | undefined> {
    const found = await super.findOnce(...asked);
    if (!found) return undefined;
    this.resource = found;
    this.reach('policy');
    return found;
  }

  /** Wanted where decision points are about to be asked. */
  override describeContext(now: number): DecisionContext {
    this.reach('policy');
    return super.describeContext(now);
  }

  override decided(decision: RecordedDecision): void {
    super.decided(decision);
    this.decisions.push(decision);
  }
}
