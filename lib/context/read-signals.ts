import { ConfigurationError } from '../errors.js';
import { describeFound, quoteText, readEntries, readFunction, readNumber, readOptionalSwitch } from '../options.js';
import type { IsHop } from '../x509/read-hop.js';
import { readHeaderName, readScore, readSignalName } from './read-signal-parts.js';
import type { Assess, Signal } from './signal.js';

const TIMEOUT = { least: 10, most: 2000, unit: 'milliseconds' };
const EXAMPLE = "networkSignal({ trusted: '10.0.0.0/8' })";

/** The signals of a gate, out of options. */
export function readSignals(value: unknown): readonly Signal[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(
      'signals',
      `must be a non-empty list, found ${describeFound(value)}; write for example [${EXAMPLE}], or leave it out`,
    );
  }
  const signals = value.map((signal, at) => readSignal(`signals[${at}]`, signal));
  signals.forEach(({ name }, at) => {
    const first = signals.findIndex((signal) => signal.name === name);
    if (first === at) return;
    throw new ConfigurationError(
      `signals[${at}].name`,
      `is ${quoteText(name)}, and so is that of signals[${first}]; give one of them another name`,
    );
  });
  return Object.freeze(signals);
}

/** One signal, whoever made it: it may be an object of a class, with more to it than a signal has. */
export function readSignal(option: string, value: unknown): Signal {
  if (typeof value !== 'object' || value === null) {
    throw new ConfigurationError(
      option,
      `must be a signal, found ${describeFound(value)}; write for example ${EXAMPLE}`,
    );
  }
  const signal = value as Partial<Record<keyof Signal, unknown>>;
  return Object.freeze<Signal>({
    name: readSignalName(`${option}.name`, signal.name),
    worst: 'worst' in signal ? readScore(`${option}.worst`, signal.worst) : 1,
    timeoutMilliseconds:
      'timeoutMilliseconds' in signal
        ? readNumber(`${option}.timeoutMilliseconds`, signal.timeoutMilliseconds, TIMEOUT)
        : 100,
    ...('hopHeaders' in signal && { hopHeaders: readHopHeaders(`${option}.hopHeaders`, signal.hopHeaders) }),
    needsCertificate: readOptionalSwitch(`${option}.needsCertificate`, signal, 'needsCertificate'),
    assess: readFunction<Assess>(`${option}.assess`, signal.assess).bind(value),
  });
}

function readHopHeaders(option: string, value: unknown): Readonly<Record<string, IsHop>> {
  const example = "defineSignal('device', assess, { hopHeaders: { 'x-device-state': { loopback: true } } })";
  const entries = readEntries(option, value, { what: 'an object of functions', example });
  return Object.freeze(
    Object.fromEntries(
      entries.map(([name, isHop]) => {
        const header = readHeaderName(`${option}.${name}`, name);
        return [header, readFunction<IsHop>(`${option}.${name}`, isHop)];
      }),
    ),
  );
}
