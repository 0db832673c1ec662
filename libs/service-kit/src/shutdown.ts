import type { ServiceLogger } from './logger.js';

/** Longer than the handlers of this house take, shorter than the 30 s after which Kubernetes kills. Milliseconds. */
const STOP_DEADLINE_MS = 15_000;

/** The parts of the process that shutdown touches, so that its rules can be tested without ending the test. */
export interface Host {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * SIGTERM and SIGINT stop the process in order and end it with 0.
 * A second signal, a failing stop, or 15 s without an end: exit 1.
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
