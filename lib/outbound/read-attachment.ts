import { ConfigurationError } from '../errors.js';
import type { Principal } from '../identity/principal.js';
import { readPermissionNames } from '../identity/read-permission-names.js';
import { type Clock, describeFound, isGiven, quoteText } from '../options.js';
import { readLifetime, type TokenMinter } from '../token/mint-token.js';
import { type Attachment, attachBearer, attachProof } from './attach-token.js';
import { createProver, type Prover } from './prove-possession.js';
import { reuseToken } from './reuse-token.js';

/** What attaches tokens: for each certificate anew, with its thumbprint, or once where there is none. */
export type Attach = (thumbprint?: string) => Attachment;

interface AttachmentContext {
  readonly audience: string;
  readonly minter: TokenMinter;
  readonly lifetimeSeconds: number;
  readonly now: Clock;
}

type Given = Partial<Record<'permissions' | 'lifetimeSeconds' | 'proof' | 'onBehalfOf' | 'certificate', unknown>>;

/** What the options say of tokens. */
export function readAttachment(given: Given, { audience, minter, now, ...context }: AttachmentContext): Attach {
  const user = isGiven(given, 'onBehalfOf') ? readUser(given) : undefined;
  const wantedSeconds = readLifetime('client.lifetimeSeconds', given, context.lifetimeSeconds);
  const lifetimeSeconds = user ? Math.min(wantedSeconds, leftSeconds(user, now())) : wantedSeconds;
  const permissions = isGiven(given, 'permissions')
    ? [...readPermissionNames('client.permissions', given.permissions)]
    : undefined;
  const prover = isGiven(given, 'proof') ? readProver(given.proof, now) : undefined;
  const nonces = new Map<string, string>();
  return (thumbprint) => {
    const confirmation = {
      ...(prover && { jkt: prover.thumbprint }),
      ...(thumbprint !== undefined && { 'x5t#S256': thumbprint }),
    };
    const mintOptions = {
      audience,
      lifetimeSeconds,
      ...(permissions && { permissions }),
      ...(user && { onBehalfOf: user }),
      ...(Object.keys(confirmation).length > 0 && { confirmation }),
    };
    const tokens = reuseToken(() => minter.mint(mintOptions), lifetimeSeconds, now);
    return prover ? attachProof(tokens, prover, nonces) : attachBearer(tokens);
  };
}

/** A client for one request must not open connections of its own. */
function readUser({ onBehalfOf, ...given }: Given): Principal {
  if (isGiven(given, 'certificate')) {
    throw new ConfigurationError('client.onBehalfOf', "can't stand beside certificate; bind tokens by proof: 'dpop'");
  }
  const { kind, token } = (onBehalfOf ?? {}) as Partial<Principal>;
  if (kind === 'user' && typeof token?.expiresAt === 'number') return onBehalfOf as Principal;
  throw new ConfigurationError(
    'client.onBehalfOf',
    `must be a verified user, found ${describeFound(onBehalfOf)}; write req.principal`,
  );
}

/** Seconds that a token may live which ends before the user's. */
function leftSeconds({ token }: Principal, now: number): number {
  return Math.max(1, Math.floor(token.expiresAt - now) - 1);
}

function readProver(value: unknown, now: Clock): Prover {
  if (value === 'dpop') return createProver(now);
  const found = typeof value === 'string' ? quoteText(value) : describeFound(value);
  throw new ConfigurationError('client.proof', `must be 'dpop', found ${found}`);
}
