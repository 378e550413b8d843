/** What a store is for. */
export type StoreName = 'revocation' | 'proof';

/** What happens beside the requests. Each name's facts hold no secret and no token. */
export interface GateEvents {
  /** A request was asked for a credential. `reason` is absent where one was accepted; `issuer` only where it was authentic. */
  token_verified: { readonly issuer?: string; readonly reason?: string };
  /** A refused request showed a token in its query, where logs and histories keep it; it was not read. */
  token_in_query: Readonly<Record<string, never>>;
  /** A key set was asked for. `error` is absent where it was got. */
  keys_fetched: { readonly issuer: string; readonly error?: Error };
  /** Keys past their time go on in use, because their source can't be reached. */
  keys_stale: { readonly issuer: string; readonly ageSeconds: number };
  /** The last good keys could not be written to `keyDirectory`: a restart during an outage would be without them. */
  keys_not_stored: { readonly issuer: string; readonly error: Error };
  /** Tokens were revoked here; `issuer` is absent where every issuer's are. */
  tokens_revoked: { readonly by: 'tokenId' | 'subject' | 'keyId' | 'issuer'; readonly issuer?: string };
  /** A store did not answer as it must, and what that meant for the request. */
  store_unreachable: { readonly store: StoreName; readonly effect: 'permit' | 'deny'; readonly error: unknown };
  /** A signal gave no assessment of a request, or none in time: the worst that it could have said counted. */
  signal_failed: { readonly signal: string; readonly error: unknown };
  token_minted: { readonly audience: string; readonly keyId: string };
  /** A client shows another certificate, or believes other authorities, from its next call on: its files changed. */
  certificate_rotated: { readonly audience: string; readonly thumbprint: string };
  /** The files of a client's certificate changed, and can't be used as they are: the old certificate stays in use. */
  certificate_not_read: { readonly audience: string; readonly error: unknown };
  key_rotated: { readonly activeKeyId: string; readonly retiredKeyId: string };
  /** A request was denied because something of ours or yours threw (`internal_error` in its record). */
  failure: { readonly requestId: string; readonly error: unknown };
  /** An access record could not be handed to its destination. */
  record_lost: { readonly error: unknown };
}

/** The name of an event. */
export type GateEvent = keyof GateEvents;

type Listener<Name extends GateEvent> = (facts: GateEvents[Name]) => void;

/** Calls the listener at every such event, until the function returned is called. */
export type Listen = <Name extends GateEvent>(name: Name, listener: Listener<Name>) => () => void;

/** Typed events: who listens can't disturb who tells. */
export interface Events {
  readonly on: Listen;
  emit<Name extends GateEvent>(name: Name, facts: GateEvents[Name]): void;
}

type Tell = (facts: unknown) => unknown;

const NOBODY: ReadonlySet<never> = new Set();

/** Events of one gate (or of one verifier, minter or key ring that stands alone). */
export function createEvents(): Events {
  const listeners = new Map<GateEvent, Set<Listener<GateEvent>>>();
  return {
    on(name, listener) {
      const heard = listeners.get(name) ?? new Set();
      listeners.set(name, heard.add(listener as Listener<GateEvent>));
      return () => void heard.delete(listener as Listener<GateEvent>);
    },
    emit(name, facts) {
      for (const listener of listeners.get(name) ?? NOBODY) tellQuietly(listener as Tell, facts);
    },
  };
}

/** A listener that throws, or promises and breaks it, is no reason to deny a request or to crash. */
function tellQuietly(tell: Tell, facts: unknown): void {
  try {
    const told = tell(facts);
    if (told !== undefined) Promise.resolve(told).catch(() => {});
  } catch {
    // as above
  }
}
