/** A time for people: `850 ns`, `12.3 µs`, `1.20 ms`. */
export function describeNanoseconds(nanoseconds) {
  const [value, unit] =
    nanoseconds < 1e3 ? [nanoseconds, 'ns'] : nanoseconds < 1e6 ? [nanoseconds / 1e3, 'µs'] : [nanoseconds / 1e6, 'ms'];
  return `${value.toPrecision(value < 1000 ? 3 : 4)} ${unit}`;
}

/** A ratio for people: `1.08 ×`, `24 ×`. */
export function describeRatio(ratio) {
  return `${ratio.toFixed(ratio < 9.95 ? 2 : ratio < 99.5 ? 1 : 0)} ×`;
}

/** A size for people: `1.2 KB`, `34.5 MB`. */
export function describeBytes(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
