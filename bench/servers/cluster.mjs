// Several processes of one of the other servers behind one port; to the parent they look like one.
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';

const { file, processes, ...settings } = JSON.parse(process.argv[2]);
cluster.setupPrimary({
  exec: fileURLToPath(new URL(`./${file}.mjs`, import.meta.url)),
  args: [JSON.stringify(settings)],
});

const workers = Array.from({ length: processes }, () => cluster.fork());
const hear = (worker) => new Promise((resolve) => worker.once('message', resolve));

const [{ port }] = await Promise.all(workers.map(hear));
process.send({ port });
process.on('message', async (message) => {
  const answers = await Promise.all(
    workers.map((worker) => {
      worker.send(message);
      return hear(worker);
    }),
  );
  process.send({ processor: answers.reduce((sum, { processor }) => sum + processor, 0) });
});
process.on('disconnect', () => process.exit());
