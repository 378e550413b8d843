import { expect, it } from '@jest/globals';
import { AccessDenied, type JWK, verifyCompactJws } from 'countersign';
import { describeVectors } from '../support/read-vectors.js';

interface VerifyCase {
  readonly id: string;
  readonly title: string;
  readonly token: string;
  readonly keys: { readonly keys: readonly JWK[] };
  readonly algorithms?: readonly string[];
  readonly expect: 'accept' | 'reject' | 'policy';
}

async function judge({ token, keys, algorithms }: VerifyCase): Promise<string> {
  try {
    await verifyCompactJws(token, { keys: keys.keys, ...(algorithms && { algorithms }) });
    return 'accept';
  } catch (error) {
    if (error instanceof AccessDenied) return 'reject';
    throw error;
  }
}

for (const path of ['wycheproof/verify-cases.json', 'ietf-jose-cookbook/verify-cases.json']) {
  describeVectors<{ readonly cases: readonly VerifyCase[] }>(path, ({ cases }) => {
    const settled = cases.filter(({ expect: expected }) => expected !== 'policy');
    it.each(settled.map((one) => [one.expect, one.id, one.title, one] as const))(
      '%ss %s (%s)',
      async (expected, _id, _title, one) => {
        expect(await judge(one)).toBe(expected);
      },
    );

    const open = cases.filter(({ expect: expected }) => expected === 'policy');
    if (open.length === 0) return;
    it.each(open.map((one) => [one.id, one.title, one] as const))(
      'is strict where two answers are sane: %s (%s)',
      async (id, title, one) => {
        const verdict = await judge(one);
        process.stdout.write(`policy: ${path} ${id} (${title}): ${verdict}\n`);
        expect(verdict).toBe('reject'); // the key is for another algorithm than the token says
      },
    );
  });
}
