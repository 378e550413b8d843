import { AccessDenied } from '../errors.js';
import { boundTime } from '../events/bound-time.js';
import { readAllowedHttp } from '../http/read-remote-url.js';
import { type Clock, isGiven, readClock, readNumber, readText } from '../options.js';
import { breakCircuit } from './break-circuit.js';
import { cacheDecisions, type DecisionCacheOptions, type RecallDecision } from './cache-decisions.js';
import { exchangeJson, type JsonAnswer } from './exchange-json.js';
import { type HeadersOption, readHeaders } from './read-headers.js';
import { writeQuestion } from './write-question.js';

/** What every decision point outside the process takes. */
export interface RemotePointOptions {
  /** All that one decision may take, in milliseconds, from 10 to 3000; 300 by default. There is no second attempt. */
  readonly timeoutMilliseconds?: number;
  /**
   * Keeps decisions, permits and denials; off by default. A request is known again by all that is in it but `context.time` and
   * `context.requestId`; so a policy that looks at these two is answered as it was before. Failures are never kept.
   */
  readonly cache?: DecisionCacheOptions;
  /** Our credential there, as `{ authorization: 'Bearer …' }`, or a function that gives it. It is in no message of ours. */
  readonly headers?: HeadersOption;
  /** What records call it where it names no policy. */
  readonly name?: string;
  /** Lets it be asked over http from anywhere, inside a mesh that encrypts; told at start. http on loopback needs nothing. */
  readonly dangerouslyAllowHttp?: boolean;
  /** The present time in seconds since the epoch, for tests; the system's clock by default. */
  readonly now?: Clock;
}

/** The names of {@link RemotePointOptions}. */
export const REMOTE_OPTIONS = [
  'timeoutMilliseconds',
  'cache',
  'headers',
  'name',
  'dangerouslyAllowHttp',
  'now',
] as const;

/** A question, and how to read what is answered; where `read` throws there was no answer. */
interface Question<T> {
  /** Where to ask; what it throws counts as a failure of the other side. */
  readonly place: string | (() => Promise<string>);
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  read(answer: JsonAnswer): T;
}

/** A decision point outside the process, as those who speak its language use it. */
export interface RemotePoint {
  readonly name: string;
  readonly allowHttp: boolean;
  readonly timeoutMilliseconds: number;
  readonly now: Clock;
  /** @throws {AccessDenied} `decision_unavailable` where there is no answer */
  ask<T>(question: Question<T>): Promise<T>;
  readonly recall: RecallDecision;
}

/**
 * What all decision points outside the process have in common: one attempt in bounded time, a circuit breaker (five
 * failures in a row, then 1 to 30 seconds of rest), 64 KiB, no redirects, and the same denial whatever went wrong.
 *
 * @throws {ConfigurationError} names the option
 */
export function openRemotePoint(
  option: string,
  given: Partial<Record<(typeof REMOTE_OPTIONS)[number], unknown>>,
  defaultName: string,
): RemotePoint {
  const name = isGiven(given, 'name') ? readText(`${option}.name`, given.name, "'payments-pdp'") : defaultName;
  const now = readClock(`${option}.now`, given);
  const allowHttp = readAllowedHttp(
    `${option}.dangerouslyAllowHttp`,
    given,
    'decisions are asked for without encryption; whoever can change them lets anyone in',
  );
  const timeoutMilliseconds = isGiven(given, 'timeoutMilliseconds')
    ? readNumber(`${option}.timeoutMilliseconds`, given.timeoutMilliseconds, {
        least: 10,
        most: 3000,
        unit: 'milliseconds',
      })
    : 300;
  const giveHeaders = readHeaders(`${option}.headers`, isGiven(given, 'headers') ? given.headers : {});
  const recall = isGiven(given, 'cache') ? cacheDecisions(`${option}.cache`, given.cache, now) : forgetDecision;
  const askUnlessBroken = breakCircuit(`the decision point ${name}`, now);

  async function ask<T>({ place, body, headers, read }: Question<T>): Promise<T> {
    // What can't be written is a mistake of ours, and says nothing about the decision point.
    const written = writeQuestion(body);
    const exchange = async (signal: AbortSignal) => {
      const url = typeof place === 'string' ? place : await place();
      const sent = { ...(await giveHeaders()), ...headers };
      return read(await exchangeJson(url, { body: written, headers: sent }, signal));
    };
    try {
      return await askUnlessBroken(() => boundTime(timeoutMilliseconds, exchange));
    } catch (error) {
      throw tellUnavailable(name, error);
    }
  }

  return { name, allowHttp, timeoutMilliseconds, now, ask, recall };
}

const forgetDecision: RecallDecision = (_request, decide) => decide();

/** Whatever went wrong there, a 401 for us among it, is no verdict on the caller. */
function tellUnavailable(name: string, error: unknown): AccessDenied {
  if (error instanceof AccessDenied && error.reason === 'decision_unavailable') return error;
  const { message } = error as Error;
  return new AccessDenied('decision_unavailable', `the decision point ${name} can't be asked: ${message}`, {
    cause: error,
  });
}
