/**
 * Lets each server answer for a slice of time, in turn, round by round; every other round backwards, so that nobody always
 * follows the same one. By server, what each round found.
 */
export async function takeTurns(servers, { rounds, run, tell }) {
  const found = new Map(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    tell(`round ${round + 1} of ${rounds}`);
    for (const server of round % 2 ? servers.toReversed() : servers) {
      found.get(server.name).push(await run(server, round));
    }
  }
  return found;
}
