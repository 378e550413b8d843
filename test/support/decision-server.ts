import { text } from 'node:stream/consumers';
import type { AccessDenied } from 'countersign';
import { type Answer, fail } from './key-server.js';
import { startServer } from './start-server.js';

/** What a decision point was asked, as it came over the wire. */
interface AskedThere {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: it is whatever was sent
  readonly body: any;
}

/** A real server that a test lets answer as a decision point would. Stop it by `stopServers`. */
export interface DecisionServer {
  readonly base: string;
  readonly asked: AskedThere[];
  /** How each question is answered. */
  judge(asked: AskedThere): Answer;
  /** How every question is answered from now on. */
  set answer(answer: Answer);
}

/** A server that answers 500 until it is told better. */
export async function startDecisionServer(): Promise<DecisionServer> {
  const asked: AskedThere[] = [];
  const server = {
    asked,
    base: '',
    judge: (_asked: AskedThere): Answer => fail,
    set answer(answer: Answer) {
      server.judge = () => answer;
    },
  };
  server.base = await startServer((req, res) => {
    void text(req).then((sent) => {
      const { method = '', url = '', headers } = req;
      const question = { method, url, headers, body: sent === '' ? undefined : JSON.parse(sent) };
      asked.push(question);
      server.judge(question)(req, res);
    });
  });
  return server;
}

/** Why the decision point can't be asked; `decided` where it could. */
export async function whyUnavailable(decision: unknown): Promise<AccessDenied | 'decided'> {
  try {
    await decision;
    return 'decided';
  } catch (error) {
    return error as AccessDenied;
  }
}
