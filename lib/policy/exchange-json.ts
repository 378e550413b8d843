import { describeUrl, readBody } from '../http/read-body.js';
import { parseJsonObject } from '../jose/parse-json-object.js';
import { QuestionRefused } from './break-circuit.js';

const MAX_BYTES = 64 * 1024;

/** What is wrong with the one question, and with nothing else: too long, or not to be understood. */
const REFUSALS: readonly number[] = [400, 413, 422];

/** What is sent: a GET without a body, a POST with one. */
export interface JsonQuestion {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON object as a server gave it, with the headers beside it. */
export interface JsonAnswer {
  readonly value: Record<string, unknown>;
  readonly headers: Headers;
}

/**
 * Asks once: no redirect is followed, nothing past 64 KiB is read, and the signal bounds it all. Only 200 with one JSON
 * object that has no member twice is an answer.
 *
 * @throws {QuestionRefused} where the server says that the question is wrong; any other error where there is no answer
 */
export async function exchangeJson(
  url: string,
  { body, headers }: JsonQuestion,
  signal: AbortSignal,
): Promise<JsonAnswer> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    redirect: 'error',
    headers: {
      ...headers,
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    signal,
  });
  const { status } = response;
  if (status !== 200) {
    await response.body?.cancel();
    const isRefusal = body !== undefined && REFUSALS.includes(status);
    throw new (isRefusal ? QuestionRefused : Error)(`${describeUrl(url)} answered ${status}`);
  }
  const bytes = await readBody(response, { maxBytes: MAX_BYTES, signal });
  return { value: parseJsonObject(bytes, `answer of ${describeUrl(url)}`), headers: response.headers };
}
