/** How many requests for the order the server counted as answered with 200, by its own metrics. */
export async function countRequests(port, metricsToken) {
  const found = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${metricsToken}` },
  });
  const counts = (await found.text())
    .split('\n')
    .filter((line) => /_duration_seconds_count\{.*"\/orders\/:id"/.test(line));
  return counts
    .filter((line) => line.includes('="200"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
