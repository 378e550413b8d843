import type { Response as UndiciResponse } from 'undici';

/** Fetch standard, "null body status". */
const BODILESS: ReadonlySet<number> = new Set([101, 103, 204, 205, 304]);

/** The response as one of the global `fetch`: an instance of `Response`, with every field, its body still on the way. */
export function adoptResponse(answer: UndiciResponse): Response {
  const { status, statusText } = answer;
  const body = BODILESS.has(status) ? null : (answer.body as ReadableStream | null);
  const response = new Response(body, { status, statusText, headers: [...answer.headers] as [string, string][] });
  // Refers to `answer` for as long as the response is there: undici ends the body of one that is collected.
  return Object.defineProperty(response, 'url', { get: () => answer.url });
}
