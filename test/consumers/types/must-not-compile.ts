import { AccessDenied, createTokenMinter, createTokenVerifier, type Principal, type TrustedIssuer } from 'countersign';
import { countersign } from 'countersign/express';
import { createTestIssuer } from 'countersign/testing';
import express from 'express';

const trust: TrustedIssuer[] = [{ issuer: 'https://idp.example' }];
const settled = { service: 'order-service', audience: 'api://orders', trust };

// @ts-expect-error the audience has no default
countersign({ service: 'order-service', trust });
// @ts-expect-error an unset environment variable is no audience
countersign({ ...settled, audience: process.env['AUDIENCE'] });
// @ts-expect-error a pattern would match more than it seems to
countersign({ ...settled, audience: /orders/ });
// @ts-expect-error an option that doesn't exist
countersign({ ...settled, clockTolerance: 5 });
// @ts-expect-error an option that doesn't exist
createTokenVerifier({ audience: 'api://orders', trust, algorithms: ['HS256'] });
// @ts-expect-error a minter needs keys
createTokenMinter({ issuer: 'https://orders.internal', subject: 'order-service' });
// @ts-expect-error not one of the reason codes
new AccessDenied('token_boring', 'the token is boring');

const gate = countersign(settled);
// @ts-expect-error a guard that demands nothing that exists
gate.require({ permission: 'orders:read' });
// @ts-expect-error a public route says why
gate.public();
// @ts-expect-error a requirement is public or demands something
gate.require({ public: 'liveness probe', permissions: 'orders:read' });
// @ts-expect-error no such kind of caller
gate.requirePermission('orders:read', { kinds: ['robot'] });
// @ts-expect-error a client names the origins that may see its tokens
gate.client({ audience: 'api://payments' });
// @ts-expect-error a token is for somebody
gate.mint({});
// @ts-expect-error what a service that signs for itself may do must be granted
countersign({ ...settled, trust: [{ service: 'shop', issuer: 'https://shop.internal' }] });
// @ts-expect-error HMAC is no algorithm here
countersign({ ...settled, trust: [{ issuer: 'https://idp.example', algorithms: ['HS256'] }] });

export function change(principal: Principal): void {
  // @ts-expect-error the caller is for reading
  principal.permissions = new Set(['everything']);
  // @ts-expect-error the caller is for reading
  principal.permissions.add('everything');
  // @ts-expect-error the caller is for reading
  principal.claims['scope'] = 'everything';
}

express().get('/', gate.verifyToken(), (req) => {
  // @ts-expect-error nobody is the caller but whom the gate verified
  req.principal = undefined;
  // @ts-expect-error a public route has no caller
  req.principal.subject.trim();
});

export async function forge(): Promise<void> {
  const issuer = await createTestIssuer();
  // @ts-expect-error no such kind of forgery
  await issuer.forge('harmless');
}
