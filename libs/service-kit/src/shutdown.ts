import type { ServiceLogger } from './logger.js';

/** Longer than any handler here takes, shorter than the 30 s after which Kubernetes kills a process. Milliseconds. */
const STOP_DEADLINE_MS = 15_000;

/** The parts of the process that shutdown uses, so that it can be tested without ending the test process. */
export interface Host {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * On SIGTERM and SIGINT, stops the process in order and exits with 0.
 * Exits with 1 on a second signal, when `stop` fails, or when it takes longer than 15 s.
 */
export function stopOnSignal(
  stop: () => Promise<void>,
  logger: ServiceLogger,
  host: Host = process,
  deadlineMs = STOP_DEADLINE_MS,
): void {
  let stopping = false;
  const onSignal = (signal: string): void => {
    if (stopping) return host.exit(1);
    stopping = true;
    logger.log(`${signal}: finishing what is in flight`);
    void finish(stop, logger, host, deadlineMs);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) host.on(signal, () => onSignal(signal));
}

async function finish(stop: () => Promise<void>, logger: ServiceLogger, host: Host, deadlineMs: number): Promise<void> {
  const timer = setTimeout(() => {
    logger.error(`not stopped after ${deadlineMs} ms`);
    host.exit(1);
  }, deadlineMs);
  try {
    await stop();
    host.exit(0);
  } catch (error) {
    logger.error(error);
    host.exit(1);
  } finally {
    clearTimeout(timer);
  }
}
