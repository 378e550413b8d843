import { tellLoop } from './tell-loop.mjs';

/** Tells the parent where the server listens, and from then on, when it asks, how its event loop fares. */
export function tellPort(server) {
  process.send({ port: server.address().port });
  process.on('message', ({ ask }) => {
    if (ask === 'loop') process.send({ loop: tellLoop() });
  });
  process.on('disconnect', () => process.exit());
}

/** Listens on a free port of loopback. */
export function serve(app) {
  const server = app.listen(0, '127.0.0.1', () => tellPort(server));
}
