import { serveOrders } from './serve-orders.mjs';

await serveOrders();
