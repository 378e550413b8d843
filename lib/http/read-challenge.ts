const MAX_LENGTH = 4096;
const MAX_VALUES = 10;
/** `name=token` or `name="text"` (RFC 9110 section 11.2); the text can't hold what our own challenges may not. */
const PARAMETER = /(?:^|[\s,])([a-z_]+)=(?:"([^"\\]{0,1024})"|([^\s",]{1,1024}))/gi;

/** What a callee asks of our caller's authentication (RFC 9470 section 3). */
export interface StepUpChallenge {
  readonly acr?: readonly string[];
  readonly maxAgeSeconds?: number;
}

/**
 * The step-up that a response asks for; undefined where it asks for none. Some write `max_age` without quotes; both are
 * read. What comes from a callee is not trusted for its length or its letters.
 */
export function readStepUpChallenge({
  status,
  headers,
}: Pick<Response, 'status' | 'headers'>): StepUpChallenge | undefined {
  const text = headers.get('www-authenticate') ?? '';
  if (status !== 401 || text.length > MAX_LENGTH) return undefined;
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain] of text.matchAll(PARAMETER)) {
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  if (parameters.get('error') !== 'insufficient_user_authentication') return undefined;
  const acr = (parameters.get('acr_values') ?? '')
    .split(' ')
    .filter((value) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value));
  const maxAge = /^\d{1,8}$/.exec(parameters.get('max_age') ?? '')?.[0];
  return {
    ...(acr.length > 0 && { acr: acr.slice(0, MAX_VALUES) }),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
  };
}
