import { createTestClock, createTestIssuer } from 'countersign/testing';
import { keepRecords } from '../shop/keep-records.js';
import { paint, say } from '../shop/paint.js';
import { listCalls } from './list-calls.js';
import { makeCall } from './make-call.js';
import { openApprovalService } from './open-approval-service.js';
import { printHeading, printRow } from './print-row.js';

// A clock that moves when told to: so the end of shadow mode can be seen today. Services need none.
const clock = createTestClock();
// Stands in for an identity provider, where users sign in, without a network.
const provider = await createTestIssuer({ audience: 'api://approvals', issuer: 'https://idp.example', now: clock.now });
const records = keepRecords();
const service = await openApprovalService({ provider, now: clock.now, destination: records });

say(`  ${paint('bold', 'Who may approve a payment?')}  approval-service on Nest: ${service.origin}`);
say();
printHeading();
let made = 0;
let asExpected = 0;
for (const { title, calls } of listCalls({ origin: service.origin, provider, clock })) {
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
