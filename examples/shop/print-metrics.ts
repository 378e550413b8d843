import { bearer } from './describe-call.js';
import { paint, say } from './paint.js';

/** Of all series, those that tell the story of these calls. */
const INTERESTING = [
  /^countersign_decisions_total\{route="(\/health|\/payments|unmatched)"/,
  /^countersign_token_verifications_total\{.*"accepted"/,
  /^countersign_token_verifications_total\{.*"(token_missing|token_expired|signature_invalid|algorithm_refused)"/,
  /^countersign_key_fetches_total/,
  /^countersign_tokens_minted_total/,
];

/** What a service counted. It is asked for as Prometheus would: the metrics are guarded like everything else. */
export async function printMetrics(origin: string, token: string): Promise<void> {
  const response = await fetch(`${origin}/metrics`, { headers: { authorization: bearer(token) } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${origin}/metrics answered ${response.status}`);
  const lines = text.split('\n');
  say();
  say(
    `  ${paint('bold', 'What payment-service counted')}  ${paint('cyan', 'GET /metrics, with a token for metrics:read')}`,
  );
  for (const pattern of INTERESTING) {
    for (const line of lines.filter((one) => pattern.test(one))) say(line);
  }
}
