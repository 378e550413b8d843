import { type AccessRequest, createGate, type Gate, type Principal } from 'countersign';
import { createTestIssuer } from 'countersign/testing';

export async function judge(request: AccessRequest): Promise<Principal | undefined> {
  const { trust } = await createTestIssuer();
  const gate: Gate = createGate({ service: 'worker', audience: 'queue://orders', trust });
  const { principal } = await gate.enforce(request, { permissions: ['orders:read'] });
  return principal;
}
