export { createTestClock, type TestClock } from './create-test-clock.js';
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './create-test-issuer.js';
export { FORGERY_KINDS, type ForgeryKind } from './forge-token.js';
