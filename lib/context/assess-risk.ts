import type { X509Certificate } from 'node:crypto';
import { boundTime } from '../events/bound-time.js';
import type { Events } from '../events/create-events.js';
import type { AccessRequest } from '../http/from-node-request.js';
import { readPath } from '../http/read-path.js';
import type { Principal } from '../identity/principal.js';
import type { AssessedSignal, Risk, RiskLevel } from '../identity/risk.js';
import type { Clock } from '../options.js';
import type { HopHeaders } from './read-hop-headers.js';
import type { Assessment, Signal, SignalRequest } from './signal.js';

/** A request whose caller is verified, as signals are shown it. */
interface AssessedRequest {
  readonly principal: Principal;
  readonly request: AccessRequest;
  readonly hopHeaders: HopHeaders;
  /** Somebody vouches for it. */
  readonly certificate: X509Certificate | undefined;
}

/** How risky a request is, by the signals of the gate. It doesn't reject. */
export type AssessRisk = (assessed: AssessedRequest) => Promise<Risk>;

const MAX_REASON = 300;
/** Scores from which on a risk is no longer lower. */
const MEDIUM = 0.34;
const HIGH = 0.67;

/** Asks all signals at once. What fails, is late or says nonsense counts as the worst that it could have said. */
export function createRiskAssessor(
  signals: readonly Signal[],
  { events, now }: { readonly events: Events; readonly now: Clock },
): AssessRisk {
  async function ask(signal: Signal, request: SignalRequest): Promise<AssessedSignal> {
    const { name, worst, timeoutMilliseconds } = signal;
    let deadline: AbortSignal | undefined;
    try {
      const given = signal.assess(request);
      // What is there already costs no timer.
      const assessment = isPending(given)
        ? await boundTime(timeoutMilliseconds, async (expiry) => {
            deadline = expiry;
            return given;
          })
        : given;
      return Object.freeze({ name, ...readAssessment(assessment) });
    } catch (error) {
      events.emit('signal_failed', { signal: name, error });
      const reason = deadline?.aborted ? `gave no answer in ${timeoutMilliseconds} ms` : 'failed';
      return Object.freeze({ name, score: worst, reason, failed: true });
    }
  }

  return async function assessRisk({ hopHeaders, ...assessed }) {
    const shown = describe(assessed, now());
    const asked = signals.map((signal) =>
      ask(signal, Object.freeze({ ...shown, hopHeader: (name: string) => hopHeaders(signal, name) })),
    );
    const answers = Object.freeze(await Promise.all(asked));
    const score = Math.max(...answers.map((answer) => answer.score));
    return Object.freeze({ level: levelOf(score), score, signals: answers });
  };
}

function levelOf(score: number): RiskLevel {
  if (score < MEDIUM) return 'low';
  return score < HIGH ? 'medium' : 'high';
}

function isPending<T>(given: T | Promise<T>): given is Promise<T> {
  return typeof (given as Partial<Promise<T>> | undefined | null)?.then === 'function';
}

/** @throws {TypeError} for a score that is none: it would be neither above nor below any limit */
function readAssessment(assessment: Assessment): Pick<AssessedSignal, 'score' | 'reason'> {
  const { score, reason } = assessment;
  if (typeof score === 'number' && score >= 0 && score <= 1 && typeof reason === 'string' && reason !== '') {
    return { score, reason: reason.slice(0, MAX_REASON) };
  }
  throw new TypeError('countersign: a signal must give a score from 0 to 1 and a reason');
}

function describe(
  { principal, request, certificate }: Omit<AssessedRequest, 'hopHeaders'>,
  now: number,
): Omit<SignalRequest, 'hopHeader'> {
  const { ip, connection } = request;
  return {
    principal,
    ...(ip !== undefined && { ip }),
    method: request.method,
    path: readPath(request.target),
    now,
    ...(certificate && { certificate }),
    ...(connection && { connection }),
    unverifiedHeader: (name) => request.header(name.toLowerCase()),
  };
}
