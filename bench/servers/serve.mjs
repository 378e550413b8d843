import { tellLoop } from './tell-loop.mjs';

const answers = {
  loop: tellLoop,
  /** Microseconds of processor time that the process has used. */
  processor() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

/** Tells the parent where the server listens, and from then on, when it asks, how the process fares. */
export function tellPort(server) {
  process.send({ port: server.address().port });
  process.on('message', ({ ask }) => process.send({ [ask]: answers[ask]() }));
  process.on('disconnect', () => process.exit());
}

/** Listens on a free port of loopback. */
export function serve(app) {
  const server = app.listen(0, '127.0.0.1', () => tellPort(server));
}
