const NOT_OURS = new Set(['(idle)']);

/** Shares of the time that a processor profile saw the process at work, by function and by package, the largest first. */
export function sumProfile({ nodes, samples, timeDeltas }, { skipShare = 0 } = {}) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFunction = new Map();
  const byPackage = new Map();
  let total = 0;
  const first = Math.floor(samples.length * skipShare);
  for (let at = first; at < samples.length; at++) {
    const frame = frames.get(samples[at]);
    if (NOT_OURS.has(frame.functionName)) continue;
    // The delta of a sample is the time since the one before it: what it stands for is the time until the next one.
    const time = timeDeltas[at + 1] ?? 0;
    const place = shorten(frame.url);
    total += time;
    add(byFunction, `${frame.functionName || '(anonymous)'} ${place}${place && `:${frame.lineNumber + 1}`}`, time);
    add(byPackage, namePackage(place) || frame.functionName, time);
  }
  return { functions: rank(byFunction, total), packages: rank(byPackage, total) };
}

const add = (sums, key, time) => sums.set(key, (sums.get(key) ?? 0) + time);
const rank = (sums, total) =>
  [...sums].map(([name, time]) => ({ name, share: time / total })).sort((a, b) => b.share - a.share);
const shorten = (url) => url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/bench\//, 'bench/');
const namePackage = (place) => {
  if (place.startsWith('node:internal')) return place.split('/').slice(0, 2).join('/');
  if (place.startsWith('countersign/')) return place.split('/').slice(0, 3).join('/');
  return place
    .split('/')
    .slice(0, place.startsWith('@') ? 2 : 1)
    .join('/');
};
