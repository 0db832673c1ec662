import { existsSync, readFileSync } from 'node:fs';
import type { ProcessRecord } from '@sluice/stack/processes';
import type { Supervisor } from '@sluice/stack/services/supervisor';
import { wrongClock } from '@sluice/stack/services/wrong-clock';
import type { Begin } from '../active-fault.js';

/** The two restarts are part of the fault: a clock that jumps in a running process is another fault. */
export const clocks: Begin<'clocks'> = async ({ offsets }, { supervisor }) => {
  const services = Object.entries(offsets);
  for (const [service, offsetMs] of services) await restart(supervisor, service, wrongClock(offsetMs));
  return {
    end: async () => {
      for (const [service] of services) await restart(supervisor, service);
    },
    observe: () => services.every(([service]) => wasStartedWith(supervisor.processOf(service), 'CLOCK_OFFSET_MS')),
  };
};

/** @param variables besides its own, until the next restart */
export async function restart(
  supervisor: Supervisor,
  service: string,
  variables?: Record<string, string>,
): Promise<void> {
  await supervisor.halt(service);
  await supervisor.startAgain(service, variables);
}

/** Only Linux shows the environment that a process was started with; elsewhere the answer is yes. */
function wasStartedWith(record: ProcessRecord | undefined, name: string): boolean {
  if (!existsSync('/proc/self/environ')) return true;
  const variables = readFileSync(`/proc/${record?.pid}/environ`, 'utf8').split('\0');
  return variables.some((variable) => variable.startsWith(`${name}=`));
}
