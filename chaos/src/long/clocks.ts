// @ts-nocheck
import { existsSync, readFileSync } from 'node:fs';

const PRELOAD = new URL('../../../testing/dist/wrong-clock-preload.js', import.meta.url).href;

/** What a process whose clock is wrong is started with. @param {number} offsetMs ahead, or behind when it is negative */
export const wrongClock = (offsetMs) => ({ NODE_OPTIONS: `--import=${PRELOAD}`, CLOCK_OFFSET_MS: String(offsetMs) });

/** The two restarts are the fault's own: a clock that jumps in a running process is another fault. */
export async function clocks({ offsets }, { supervisor }) {
  const services = Object.keys(offsets);
  for (const service of services) await restart(supervisor, service, wrongClock(offsets[service]));
  return {
    lift: async () => {
      for (const service of services) await restart(supervisor, service);
    },
    seen: async () => services.every((service) => wasTold(supervisor.processOf(service), 'CLOCK_OFFSET_MS')),
  };
}

export async function restart(supervisor, service, extra) {
  await supervisor.halt(service);
  await supervisor.startAgain(service, extra);
}

/** Linux alone shows what a process was started with. */
function wasTold({ pid }, name) {
  const file = `/proc/${pid}/environ`;
  return (
    !existsSync('/proc/self/environ') ||
    readFileSync(file, 'utf8')
      .split('\0')
      .some((line) => line.startsWith(`${name}=`))
  );
}
