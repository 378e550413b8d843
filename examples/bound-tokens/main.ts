import { createGate, createKeyRing } from 'countersign';
import { createTestIssuer } from 'countersign/testing';
import { keepRecords } from '../shop/keep-records.js';
import { paint, say } from '../shop/paint.js';
import { askForMore } from './ask-for-more.js';
import { type Scene, stealBearerToken, stealCertificateBoundToken, stealKeyBoundToken } from './list-thefts.js';
import { makeCall } from './make-call.js';
import { type Certificate, makeCertificate } from './make-certificate.js';
import { openPaymentService } from './payment-service.js';
import { printHeading, printRow } from './print-row.js';
import { sendByTls } from './send-by-tls.js';

// Stands in for an identity provider, where users sign in. Services sign their own tokens.
const provider = await createTestIssuer({ audience: 'api://payments', issuer: 'https://idp.example' });
const issuer = 'https://orders.internal';
const keyRing = createKeyRing();
const caller = createGate({
  service: 'order-service',
  audience: 'api://orders',
  trust: provider.trust,
  signing: { issuer, keyRing },
});

const certificates = { server: await makeCertificate('payment-service'), own: await makeCertificate('order-service') };
const records = keepRecords();
const grants = ['payments:read', 'payments:approve'];
const service = await openPaymentService({
  certificate: certificates.server,
  trust: [{ service: 'order-service', issuer, grants, keys: { jwks: keyRing.jwks() } }, provider.trust],
  destination: records,
});
const openLine = (own?: Certificate) => sendByTls(certificates.server, own);
const scene: Scene = { caller, origin: service.origin, openLine };

say(`  ${paint('bold', 'What is a stolen token worth?')}  payment-service on Express: ${service.origin}`);
say();
printHeading();
let made = 0;
let asExpected = 0;
for (const { title, calls } of [
  stealBearerToken(scene),
  stealKeyBoundToken(scene),
  await stealCertificateBoundToken(scene, { own: certificates.own, ofThief: await makeCertificate('thief') }),
  askForMore(scene, provider),
]) {
  say(`\n  ${paint('bold', title)}`);
  for (const call of calls) {
    const result = await makeCall(call, records);
    printRow(++made, result);
    if (result.isAsExpected) asExpected++;
  }
}
say(`\n${paint(asExpected === made ? 'green' : 'red', `${made} calls, ${asExpected} as expected`)}`);
if (asExpected !== made) process.exitCode = 1;
await service.close();
