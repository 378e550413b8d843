import type { ReasonCode } from '../errors.js';
import type { StepUpChallenge } from './read-challenge.js';
import type { Scheme } from './read-credential.js';
import { type RefusalRow, refusals } from './refusals.js';

/** A denial as the wire carries it. */
export interface Refusal {
  readonly status: number;
  /** A list is one header line for each item: parsers split a joined `WWW-Authenticate` in different places. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** What a denial says beside its reason. */
export interface RefusalDetails {
  /** Name of the protection space (RFC 9110 section 11.5). */
  readonly realm: string;
  readonly requestId: string;
  /** Permissions that would have done, where the operator lets the caller know. */
  readonly scope?: readonly string[] | undefined;
  /** When to try again, in whole seconds, for 429 and 503. */
  readonly retryAfterSeconds?: number | undefined;
  /** The scheme of the credential that was shown. */
  readonly scheme?: Scheme | undefined;
  /** Algorithms of DPoP proofs, where that scheme is spoken (RFC 9449 section 5.1). */
  readonly proofAlgorithms?: readonly string[] | undefined;
  /** Where the metadata of this service is (RFC 9728 section 5.1). */
  readonly resourceMetadata?: string | undefined;
  /** The nonce that the next proof needs. */
  readonly nonce?: string | undefined;
  /** How the user must be authenticated to come in. */
  readonly stepUp?: StepUpChallenge | undefined;
}

const TITLES: Readonly<Record<RefusalRow['status'], string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** One generic sentence for each status: the precise reason is the operator's, in the access record. */
const SENTENCES: Readonly<Record<RefusalRow['status'], string>> = {
  400: 'The credential of this request is malformed.',
  401: 'This request needs a valid credential.',
  403: 'This caller may not do that.',
  404: 'There is nothing here for this caller.',
  429: 'There were too many requests.',
  500: 'This request could not be judged.',
  503: 'This request cannot be judged at present. Try again later.',
};

const DEFAULT_RETRY_SECONDS = 5;

/** A denial in RFC words: challenge (RFC 6750 section 3), problem details (RFC 9457), nothing that a caller could learn from. */
export function tellRefusal(reason: ReasonCode, details: RefusalDetails): Refusal {
  const { status } = refusals[reason];
  const challenges = challengesFor(reason, details);
  const retries = status === 503 || status === 429;
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(challenges.length > 0 && { 'www-authenticate': challenges }),
      ...(details.nonce !== undefined && { 'dpop-nonce': details.nonce }),
      ...(retries && { 'retry-after': String(details.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS) }),
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: TITLES[status],
      status,
      detail: SENTENCES[status],
      instance: details.requestId,
    }),
  };
}

/**
 * One challenge for each scheme, each a line of its own. The error goes to the scheme that was used; a request whose
 * credential can't be told is told so in all (RFC 9449 section 7.2).
 */
function challengesFor(reason: ReasonCode, details: RefusalDetails): readonly string[] {
  const { status, error } = refusals[reason];
  const { realm, proofAlgorithms, resourceMetadata } = details;
  const algorithms = proofAlgorithms && `algs=${quote(proofAlgorithms.join(' '))}`;
  const metadata = status === 401 && resourceMetadata ? [`resource_metadata=${quote(resourceMetadata)}`] : [];
  const invitation = algorithms && `DPoP ${[algorithms, ...metadata].join(', ')}`;
  if (!error) {
    if (status !== 401) return [];
    return [...(invitation ? [invitation] : []), `Bearer ${[`realm=${quote(realm)}`, ...metadata].join(', ')}`];
  }
  const parameters = parametersFor(error, details);
  const dpop = algorithms && `DPoP ${[...parameters, algorithms, ...metadata].join(', ')}`;
  const bearer = `Bearer ${[...parameters, ...metadata].join(', ')}`;
  if (dpop && status === 400) return [dpop, bearer];
  if (dpop && details.scheme === 'dpop') return [dpop];
  return [bearer, ...(invitation && status === 401 ? [invitation] : [])];
}

function parametersFor(error: NonNullable<RefusalRow['error']>, { scope, stepUp }: RefusalDetails): readonly string[] {
  const parameters = [`error="${error}"`];
  if (error === 'insufficient_user_authentication') {
    parameters.push('error_description="The user must be authenticated in another way, or anew"');
    if (stepUp?.acr) parameters.push(`acr_values=${quote(stepUp.acr.join(' '))}`);
    if (stepUp?.maxAgeSeconds !== undefined) parameters.push(`max_age="${stepUp.maxAgeSeconds}"`);
  }
  if (error === 'invalid_token') parameters.push('error_description="The access token is not valid for this request"');
  if (error === 'insufficient_scope' && scope?.length) parameters.push(`scope=${quote(scope.join(' '))}`);
  return parameters;
}

/** RFC 6750 section 3: neither quote nor backslash, ASCII alone. */
function quote(text: string): string {
  return `"${text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`;
}
