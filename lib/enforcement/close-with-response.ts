import type { ServerResponse } from 'node:http';
import type { Attempt, Outcome } from './attempt-view.js';

/** What an adapter knows of a request's way, once it has ended. */
type Way = Pick<Outcome, 'route' | 'required'>;

/** What an adapter keeps of a request whose response is waited for. */
export interface Underway {
  /** Settles when the guard that is at work has judged; it doesn't reject. */
  readonly judged?: Promise<unknown> | undefined;
  describeWay(): Way;
}

/**
 * Returns the request's id with the response, and finishes the attempt when the response ends, however it does: `close`
 * comes once, and of an aborted response the status was never sent. Who hangs up while a judgement is pending is not
 * thereby forgotten: the record waits for it.
 */
export function closeWithResponse(attempt: Attempt, response: ServerResponse, underway: Underway): void {
  if (!response.headersSent) response.setHeader('x-request-id', attempt.requestId);
  const finish = () => {
    const { route, required } = readQuietly(underway);
    attempt.finish({ statusCode: response.statusCode, aborted: !response.writableFinished, route, required });
  };
  const close = () => {
    if (underway.judged) underway.judged.then(finish, finish);
    else finish();
  };
  if (response.closed) close();
  else response.on('close', close); // it comes once; a listener that takes itself away costs more
}

/** A handler may have put anything in place of a route. That is no reason to lose the record, or the process. */
function readQuietly(underway: Underway): Way {
  try {
    return underway.describeWay();
  } catch {
    return {};
  }
}
