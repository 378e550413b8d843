import { CountersignModule, RequirePermission } from 'countersign/nest';
import { declareOrders } from './declare-orders.mjs';
import { describeGate } from './describe-gate.mjs';
import { readSettings } from './read-settings.mjs';
import { serveNest } from './serve-nest.mjs';

await serveNest({
  imports: [CountersignModule.forRoot({ ...describeGate(readSettings()), endpoints: { metrics: '/metrics' } })],
  controllers: [declareOrders(RequirePermission('orders:read', { kinds: ['service'] }))],
});
