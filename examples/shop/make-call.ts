import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Call, Chapter, Target } from './describe-call.js';
import type { KeptRecord, RecordBook } from './keep-records.js';

/** What came of a call: on the wire, and in the record of the service that was called. */
export interface Result extends KeptRecord {
  readonly call: Call;
  readonly status: number;
  readonly isAsExpected: boolean;
  /** What the caller was told beside the status. */
  readonly heard: { readonly challenge: string | undefined; readonly body: string };
}

/** The results of a chapter. */
export interface ChapterResult extends Omit<Chapter, 'calls'> {
  readonly results: readonly Result[];
}

/** Makes the calls of a chapter, one after the other. */
export async function makeCalls(
  { calls, ...chapter }: Chapter,
  origin: string,
  records: RecordBook,
): Promise<ChapterResult> {
  const results: Result[] = [];
  for (const call of calls) results.push(await makeCall(call, chapter.target, origin, records));
  return { ...chapter, results };
}

async function makeCall(call: Call, target: Target, origin: string, records: RecordBook): Promise<Result> {
  const requestId = `shop-${randomBytes(8).toString('hex')}`;
  const url = `${origin}${target.path}${call.query ?? ''}`;
  const headers = { 'x-request-id': requestId, traceparent: makeTraceparent() };
  const send = call.authorization.length > 1 ? sendByNode : sendByFetch;
  const { status, ...heard } = await send(url, target.method, headers, call.authorization);
  const kept = await records.read(requestId);
  const { expected } = call;
  const isAsExpected =
    status === expected.status && kept.record.statusCode === status && kept.record.reason === expected.reason;
  return { ...kept, call, status, isAsExpected, heard };
}

/** W3C Trace Context section 3.2. */
function makeTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

type Headers = Readonly<Record<string, string>>;

async function sendByFetch(url: string, method: string, headers: Headers, [authorization]: readonly string[]) {
  const response = await fetch(url, { method, headers: { ...headers, ...(authorization && { authorization }) } });
  const challenge = response.headers.get('www-authenticate') ?? undefined;
  return { status: response.status, challenge, body: await response.text() };
}

/** fetch would join two fields of one name into one. */
async function sendByNode(url: string, method: string, headers: Headers, authorization: readonly string[]) {
  const sent = request(url, { method, headers });
  for (const field of authorization) sent.appendHeader('authorization', field);
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const body = (await response.toArray()).join('');
  return { status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'], body };
}
