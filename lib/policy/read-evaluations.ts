import { describeFound } from '../options.js';
import type { Decision } from './decision.js';
import { readEvaluation } from './read-evaluation.js';

const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;

/** How far several questions are answered (Authorization API 1.0, section 7.1.2.1). */
export type EvaluationsSemantic = (typeof SEMANTICS)[number];

/** One of the semantics. @throws {TypeError} where it is none */
export function readSemantic(value: unknown): EvaluationsSemantic {
  if ((SEMANTICS as readonly unknown[]).includes(value)) return value as EvaluationsSemantic;
  throw new TypeError(
    `countersign: the semantic must be one of ${SEMANTICS.join(', ')}, found ${describeFound(value)}`,
  );
}

/**
 * The decisions on so many questions.
 *
 * @throws {Error} where there are not as many as the semantic wants: which belongs to which question could not be told
 */
export function readEvaluations(
  { evaluations }: Readonly<Record<string, unknown>>,
  asked: number,
  semantic: EvaluationsSemantic,
): readonly Decision[] {
  if (!Array.isArray(evaluations)) throw new Error('the answer has no list of evaluations');
  // What was denied because its obligations can't be read was permitted there: the effect as written is what counts here.
  const effects = evaluations.map((evaluation) => (evaluation as { decision?: unknown } | null)?.decision);
  const last = {
    execute_all: -1,
    deny_on_first_deny: effects.indexOf(false),
    permit_on_first_permit: effects.indexOf(true),
  };
  const expected = last[semantic] < 0 ? asked : last[semantic] + 1;
  if (evaluations.length !== expected || expected > asked) {
    throw new Error(`the answer has ${evaluations.length} evaluations for ${asked} questions by ${semantic}`);
  }
  return evaluations.map(readEvaluation);
}
