import { afterAll, beforeEach, expect, it } from '@jest/globals';
import { type AuthzenDecisionPoint, authzenDecisionPoint, type DecisionRequest } from 'countersign';
import { decisionRequest } from '../support/decision-request.js';
import { type DecisionServer, startDecisionServer } from '../support/decision-server.js';
import { describeVectors } from '../support/read-vectors.js';
import { answerAsRecordPdp, type RecordQuestion } from '../support/record-pdp.js';
import { stopServers } from '../support/start-server.js';

interface Case {
  readonly title: string;
  readonly section: string;
  readonly variant?: string;
  readonly endpoint?: string;
  readonly request: RecordQuestion & {
    readonly evaluations?: readonly RecordQuestion[];
    readonly options?: { readonly evaluations_semantic: 'execute_all' };
  };
  readonly expected_status: number;
  readonly expected_text: string;
  readonly expected_body?: { decision?: boolean; evaluations?: { decision: boolean }[]; _raw?: string };
}

interface Schema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

afterAll(stopServers);

let server: DecisionServer;
let point: AuthzenDecisionPoint;
beforeEach(async () => {
  server = await startDecisionServer();
  server.judge = ({ url, body }) => answerAsRecordPdp(url, body);
  point = authzenDecisionPoint({ url: server.base, timeoutMilliseconds: 3000 });
});

const ask = (question: RecordQuestion) => ({ context: {}, ...question }) as unknown as DecisionRequest;
const nameOf = ({ section, title, variant }: Case) =>
  `${section} ${title}${variant === undefined ? '' : `: ${variant}`}`;

describeVectors<{ cases: Case[] }>('openid-authzen/certification-cases.json', ({ cases }) => {
  const single = cases.filter(({ endpoint }) => endpoint === '/access/v1/evaluation');
  const several = cases.filter(({ endpoint }) => endpoint === '/access/v1/evaluations');

  it('are there, of both kinds', () => {
    expect([single.length, several.length]).toEqual([19, 10]);
  });

  it.each(single.map((each) => [nameOf(each), each] as const))('%s', async (_name, { request, ...expected }) => {
    const decided = Promise.resolve(point.decide(ask(request)));
    if (expected.expected_status === 200) {
      expect((await decided).effect).toBe(expected.expected_body?.decision === true ? 'permit' : 'deny');
    } else {
      await expect(decided).rejects.toMatchObject({ reason: 'decision_unavailable' });
    }
    const { subject, action, resource, context = {} } = request;
    expect(server.asked).toMatchObject([{ url: '/access/v1/evaluation' }]);
    expect(server.asked[0]?.body).toEqual(JSON.parse(JSON.stringify({ subject, action, resource, context })));
  });

  it.each(several.map((each) => [nameOf(each), each] as const))('%s', async (_name, { request, ...expected }) => {
    const { evaluations = [], options, ...shared } = request;
    const questions = evaluations.length === 0 ? [{}] : evaluations;
    const decisions = await point.evaluateAll(
      questions.map((question) => ask({ ...shared, ...question })),
      options?.evaluations_semantic,
    );
    expect(decisions).toHaveLength(questions.length);
    expect(server.asked).toMatchObject([{ url: '/access/v1/evaluations' }]);
    const effects = decisions.map(({ effect }) => effect === 'permit');
    const { decision, evaluations: answers } = expected.expected_body ?? {};
    if (decision !== undefined) expect(effects).toEqual([decision]);
    if (answers) expect(effects).toEqual(answers.map((answer) => answer.decision));
    if (expected.expected_text.includes('`true` and `false`')) expect(effects).toEqual([true, false]);
    if (expected.expected_text.includes('MUST have `"decision": false`')) expect(effects).toEqual([true, false]);
  });
});

describeVectors<Schema>('openid-authzen/evaluation-request.schema.json', (schema) => {
  it('is satisfied by what is sent', async () => {
    await point.decide(decisionRequest());
    expect(complaints(schema, server.asked[0]?.body)).toEqual([]);
    expect(complaints(schema, { subject: { type: 1 }, action: {} })).toEqual([
      '.resource is missing',
      '.subject.id is missing',
      '.subject.type is no string',
      '.action.name is missing',
    ]);
  });
});

/** What a value breaks of a schema's types and required members, which is all that this schema demands. */
function complaints(schema: Schema, value: unknown, path = ''): string[] {
  const { type, required = [], properties = {} } = schema;
  const found = Array.isArray(value) ? 'array' : typeof value;
  if (type !== undefined && found !== type) return [`${path} is no ${type}`];
  const members = (value ?? {}) as Readonly<Record<string, unknown>>;
  return [
    ...required.filter((name) => members[name] === undefined).map((name) => `${path}.${name} is missing`),
    ...Object.entries(properties).flatMap(([name, rule]) =>
      members[name] === undefined ? [] : complaints(rule, members[name], `${path}.${name}`),
    ),
  ];
}
