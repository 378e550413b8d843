import { describeBytes, describeRatio } from '../measure/describe.mjs';
import { judgeAtMost } from '../measure/judge.mjs';
import { median, spread } from '../measure/median.mjs';
import { importModule } from '../start/import-module.mjs';
import { measureInstalled } from '../start/measure-installed.mjs';

const CORE = 'countersign';
const RIVAL = 'jose';
const SUBPATHS = ['express', 'nest', 'passport', 'testing'].map((name) => `${CORE}/${name}`);
const OTHERS = ['jsonwebtoken', 'fast-jwt', 'aws-jwt-verify', '@nestjs/core'];
const MOST_OVER_RIVAL = 1.5;

/** What is spent before the first request: time and memory of each import, and room on disk. */
export async function measure({ quick, tell, tarball }) {
  tell('importing');
  const names = [undefined, CORE, RIVAL, ...SUBPATHS, ...OTHERS];
  const pair = [CORE, RIVAL];
  const imports = new Map(names.map((name) => [name, []]));
  for (const name of quick ? pair : names) await importModule(name); // from here on, the files are in the system's memory
  for (let round = 0; round < (quick ? 9 : 21); round++) {
    // In a hurry, those of whom nothing is asked have one round.
    const turn = quick && round > 0 ? pair : names;
    for (const name of round % 2 ? [...turn].reverse() : turn) imports.get(name).push(await importModule(name));
  }
  const read = (name, what) => imports.get(name).map((one) => one[what]);
  const ratios = read(CORE, 'milliseconds').map((time, round) => time / read(RIVAL, 'milliseconds')[round]);
  const measured = { ratio: median(ratios), noise: spread(ratios) };
  const empty = median(read(undefined, 'bytes'));

  if (!quick) tell('installing into an empty project');
  const installed = quick ? undefined : await measureInstalled(tarball);
  return {
    name: 'start',
    title: 'Start',
    tables: [
      {
        title: 'Import, in a process of its own',
        columns: ['module', 'import', `over ${RIVAL}`, 'resident memory', 'of that, beside Node'],
        rows: names.map((name) => {
          const time = median(read(name, 'milliseconds'));
          const resident = median(read(name, 'bytes'));
          return name === undefined
            ? ['nothing', '–', '–', describeBytes(resident), '–']
            : [
                name,
                `${time.toFixed(1)} ms`,
                describeRatio(name === CORE ? measured.ratio : time / median(read(RIVAL, 'milliseconds'))),
                describeBytes(resident),
                describeBytes(resident - empty),
              ];
        }),
      },
      ...(installed ? [tabulateInstalled(installed)] : []),
    ],
    targets: [judgeAtMost(`importing ${CORE}: over importing ${RIVAL}`, MOST_OVER_RIVAL, measured)],
    noise: measured.noise,
  };
}

function tabulateInstalled({ bytes, ownBytes, packages }) {
  return {
    title: 'Installed, in an empty project',
    columns: ['', 'size of all files'],
    rows: [
      ['the package itself', describeBytes(ownBytes)],
      [`with its dependencies (${packages} packages)`, describeBytes(bytes)],
    ],
    note: 'Its types, maps and sources are among them; peers that have to be there, too.',
  };
}
