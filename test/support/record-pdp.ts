import { type Answer, json } from './key-server.js';

/** One question of AuthZEN's certification, as its cases write it. */
export interface RecordQuestion {
  readonly subject?: { type?: string; id?: string; properties?: Record<string, unknown> };
  readonly action?: { name?: string; properties?: Record<string, unknown> };
  readonly resource?: { type?: string; id?: string; properties?: Record<string, unknown> };
  readonly context?: object;
}

interface RecordQuestions extends RecordQuestion {
  readonly evaluations?: readonly RecordQuestion[];
  readonly options?: { readonly evaluations_semantic?: string };
}

/**
 * A small decision point that answers AuthZEN's certification cases: alice and bob read, alice writes what is not
 * archived, admins write anything, alice deletes softly. A question without one of its members is 400.
 */
export function answerAsRecordPdp(url: string, asked: RecordQuestions): Answer {
  const { evaluations = [], options, ...shared } = asked;
  if (!url.endsWith('/evaluations')) return isWhole(shared) ? json({ decision: mayDo(shared) }) : badRequest;
  const answers = [];
  for (const evaluation of evaluations) {
    const question = { ...shared, ...evaluation };
    answers.push(
      isWhole(question) ? { decision: mayDo(question) } : { decision: false, context: { error: { status: 400 } } },
    );
    const { decision } = answers[answers.length - 1] ?? {};
    const semantic = options?.evaluations_semantic;
    if (semantic === 'deny_on_first_deny' && decision === false) break;
    if (semantic === 'permit_on_first_permit' && decision === true) break;
  }
  return json({ evaluations: answers });
}

const badRequest: Answer = (_req, res) => void res.writeHead(400).end('{"decision":true}');

function isWhole({ subject, action, resource }: RecordQuestion): boolean {
  return [subject?.type, subject?.id, action?.name, resource?.type, resource?.id].every(
    (each) => typeof each === 'string',
  );
}

function mayDo({ subject, action, resource }: RecordQuestion): boolean {
  const isAlice = subject?.id === 'alice';
  if (action?.name === 'read') return isAlice || subject?.id === 'bob';
  if (action?.name === 'delete') return isAlice && action.properties?.['soft'] === true;
  if (subject?.properties?.['role'] === 'admin') return true;
  return isAlice && resource?.properties?.['status'] !== 'archived';
}
