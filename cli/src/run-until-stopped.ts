import { printFailure } from '@sluice/stack/failure';
import { Shutdown } from '@sluice/stack/shutdown';

interface Run {
  shutdown: Shutdown;
  /** Prints the failure and ends the run with exit code 1. Nothing is printed once the shutdown has been requested. */
  fail(this: void, error: unknown): void;
}

interface Options {
  /** Exit code after Ctrl-C and the like; 130 by default, as shells have it. */
  signalCode?: number;
  /** Called before what the run has started is stopped. */
  onStopping?: (code: number) => void;
}

/** Runs a command and stops what it has started: at its end, a failure, a signal; at once at a second signal. */
export function runUntilStopped(
  work: (run: Run) => Promise<number>,
  { signalCode = 130, onStopping }: Options = {},
): Promise<number> {
  const shutdown = new Shutdown();
  return new Promise((resolve, reject) => {
    const finish = (code: number): void => {
      if (shutdown.requested) return;
      onStopping?.(code);
      shutdown.stop().then(() => resolve(code), reject);
    };
    const fail = (error: unknown): void => {
      if (shutdown.requested) return; // it failed because everything stops
      printFailure(error);
      finish(1);
    };
    shutdown.onSignal(
      () => finish(signalCode),
      () => process.exit(130), // what is left is recorded: the next start, or npm run stop, ends it
    );
    shutdown.onCrash(fail);
    work({ shutdown, fail }).then(finish, fail);
  });
}
