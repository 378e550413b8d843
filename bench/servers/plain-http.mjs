// The ceiling: what the load generator gets out of a server that does nothing.
import { createServer } from 'node:http';
import { tellPort } from './serve.mjs';

const server = createServer((_req, res) => {
  res.setHeader('content-type', 'application/json');
  res.end('{"id":"42","state":"paid","items":3}');
});
server.listen(0, '127.0.0.1', () => tellPort(server));
