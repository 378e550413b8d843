import type { IncomingMessage, ServerResponse } from 'node:http';
import { startServer } from './start-server.js';

/** How a key server answers. */
export type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** A real key server whose answer a test decides; it counts. Stop it by `stopServers`. */
export interface KeyServer {
  readonly base: string;
  readonly hits: string[];
  answer: Answer;
}

/** A key server that answers 500 until it is told better. */
export async function startKeyServer(): Promise<KeyServer> {
  const hits: string[] = [];
  let answer: Answer = fail;
  const base = await startServer((req, res) => {
    hits.push(req.url ?? '');
    answer(req, res);
  });
  return {
    base,
    hits,
    get answer() {
      return answer;
    },
    set answer(next) {
      answer = next;
    },
  };
}

/** Answers with JSON, and with these headers. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_req, res) => {
    for (const [name, text] of Object.entries({ 'content-type': 'application/json', ...headers }))
      res.setHeader(name, text);
    res.end(JSON.stringify(value));
  };
}

/** Answers that something went wrong. */
export const fail: Answer = (_req, res) => void res.writeHead(500).end();

/** Hangs up. */
export const hangUp: Answer = (req) => void req.socket.destroy();

/** Never answers. */
export const stall: Answer = () => {};

/** Sends a byte now and then, and never ends. */
export function drip(milliseconds: number): Answer {
  return (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => res.write(' '), milliseconds);
    res.on('close', () => clearInterval(timer));
  };
}

/** Sends so many megabytes, as fast as they are taken. */
export function flood(megabytes: number): Answer {
  return (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    let left = megabytes;
    const send = () => {
      while (left-- > 0) if (!res.write(chunk)) return void res.once('drain', send);
      res.end('{"keys":[]}');
    };
    send();
  };
}

/** Waits for something that happens behind an answer; two and a half seconds at most. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  for (let round = 0; !isSo() && round < 500; round++) await new Promise((resolve) => setTimeout(resolve, 5));
}
