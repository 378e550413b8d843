import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const RESOLUTION_MILLISECONDS = 1;

let monitor;
let utilization;

/** Delay (milliseconds) and utilization of the event loop since it was asked the last time; undefined the first time. */
export function tellLoop() {
  const now = performance.eventLoopUtilization();
  const found = monitor && {
    // What is measured is the time between two ticks of a timer: without delay, its resolution.
    p99: Math.max(0, monitor.percentile(99) / 1e6 - RESOLUTION_MILLISECONDS),
    max: Math.max(0, monitor.max / 1e6 - RESOLUTION_MILLISECONDS),
    utilization: performance.eventLoopUtilization(now, utilization).utilization,
  };
  if (!monitor) {
    monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS });
    monitor.enable(); // only where somebody asks, since the timer is work too
  }
  monitor.reset();
  utilization = now;
  return found;
}
