import type { TestIssuer } from 'countersign/testing';
import type { Scene } from './list-thefts.js';
import type { Chapter } from './make-call.js';

type Claims = Readonly<Record<string, unknown>>;

/** A route that asks how its user was authenticated, and a user who does as she is told (RFC 9470). */
export function askForMore({ caller, origin, openLine }: Scene, provider: TestIssuer): Chapter {
  const send = openLine();
  const present = () => Math.floor(Date.now() / 1000);
  const signIn = (claims: Claims) =>
    provider.sign({ sub: 'alice', client_id: 'web-shop', scope: 'payments:approve', ...claims });
  const approve = (token: string) =>
    send(`${origin}/payments/7/approval`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  let challenge = '';
  return {
    title: 'POST /payments/7/approval  asks for urn:example:passkey, used within five minutes',
    calls: [
      {
        told: 'alice, who signed in with a password',
        expected: { status: 401, reason: 'authentication_too_weak' },
        async make() {
          const answer = await approve(await signIn({ acr: 'urn:example:password', auth_time: present() }));
          challenge = answer.headers.get('www-authenticate') ?? '';
          return answer;
        },
      },
      {
        told: 'alice again, signed in anew as the challenge says',
        expected: { status: 201 },
        make: async () => approve(await signIn({ acr: readWanted(challenge), auth_time: present() })),
      },
      {
        told: 'alice, who did so an hour ago',
        expected: { status: 401, reason: 'authentication_too_old' },
        make: async () => approve(await signIn({ acr: readWanted(challenge), auth_time: present() - 3600 })),
      },
      {
        told: 'order-service: it has no user who could do better',
        expected: { status: 403, reason: 'caller_kind_refused' },
        make: async () => approve(await caller.mint({ audience: 'api://payments' })),
      },
    ],
  };
}

/** What a client asks the provider for: the first of the classes that would do. */
function readWanted(challenge: string): string | undefined {
  return /acr_values="([^" ]+)/.exec(challenge)?.[1];
}
