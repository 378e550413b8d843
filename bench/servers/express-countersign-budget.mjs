import { serveOrders } from './serve-orders.mjs';

await serveOrders({ refusalBudget: { refusals: 100, seconds: 10 } });
