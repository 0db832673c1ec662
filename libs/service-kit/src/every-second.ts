import { Logger } from '@nestjs/common';

/**
 * Work at every whole second of the clock, plus an offset. All processes of a system then do it together, so that their
 * messages wake the broker and the reader once a second, and not once for each process. A round that takes longer than a
 * second skips the next ones. Of consecutive failures only the first is logged.
 * @param name context of the log lines
 * @returns a function that stops it; it resolves when the current round has ended
 */
export function everySecond(name: string, work: () => Promise<void>, offsetMs = 0): () => Promise<void> {
  let timer: NodeJS.Timeout;
  let round: Promise<void> | undefined;
  const carefully = logsFirstFailure(name, work);
  const wait = (): void => {
    timer = setTimeout(begin, untilNext(Date.now() - offsetMs));
  };
  const begin = (): void => {
    wait();
    round ??= carefully().finally(() => (round = undefined));
  };
  wait();
  return async () => {
    clearTimeout(timer);
    await round;
  };
}

/** At least half a second: a timer that fires a moment early must not begin the same second twice. Milliseconds. */
const untilNext = (now: number): number => 500 + ((1_500 - (now % 1_000)) % 1_000);

function logsFirstFailure(name: string, work: () => Promise<void>): () => Promise<void> {
  let failing = false;
  return async () => {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing) new Logger(name).warn(`failed: ${error instanceof Error ? error.message : String(error)}`);
      failing = true;
    }
  };
}
