/**
 * Lets each server answer for a slice of time, in turn, every other time backwards: whatever else the machine does happens
 * to all of them. Some turns together are a round. By server, the sum of each round.
 */
export async function takeTurns(servers, { rounds, turns, run, sum, tell }) {
  const found = new Map(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    tell(`round ${round + 1} of ${rounds}`);
    const slices = new Map(servers.map(({ name }) => [name, []]));
    for (let turn = round * turns; turn < (round + 1) * turns; turn++) {
      for (const server of turn % 2 ? servers.toReversed() : servers) {
        slices.get(server.name).push(await run(server, turn));
      }
    }
    for (const [name, each] of slices) found.get(name).push(sum(each));
  }
  return found;
}
