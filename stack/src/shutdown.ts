import { commandLineHas, identify, isAlive, parentOf } from './processes.js';
import { endRunning } from './run.js';

/** npm passes a Ctrl-C on although the terminal has sent it to us already: two within this time are one. */
const SAME_SIGNAL_MS = 2_000;

type Stop = () => Promise<unknown> | unknown;

/** What must end when this process ends, in the reverse order of its beginning. */
export class Shutdown {
  readonly #stops: Stop[] = [];
  #done: Promise<void> | undefined;
  readonly #controller = new AbortController();
  /** Aborts whatever is starting. */
  readonly signal: AbortSignal = this.#controller.signal;

  /** Adds what has begun. When the shutdown has been requested, it is stopped at once. */
  async add(_name: string, stop: Stop): Promise<void> {
    this.#stops.push(stop);
    if (this.signal.aborted) await this.#stopAll();
  }

  get requested(): boolean {
    return this.signal.aborted;
  }

  /** Stops everything, once; later callers wait for the same end. */
  stop(): Promise<void> {
    this.#controller.abort();
    endRunning();
    return (this.#done ??= this.#stopAll());
  }

  async #stopAll(): Promise<void> {
    for (let stop = this.#stops.pop(); stop; stop = this.#stops.pop()) await stop();
  }

  /** Uncaught errors must not leave servers behind either. @param fail reports one and stops everything */
  onCrash(fail: (error: unknown) => void): void {
    process.on('uncaughtException', fail).on('unhandledRejection', fail);
  }

  /** @param begin called at the first signal @param hurry called at a later one */
  onSignal(begin: (why: string) => void, hurry: () => void): void {
    let first = 0;
    const received = (why: string): void => {
      if (first === 0) begin(why);
      else if (Date.now() - first > SAME_SIGNAL_MS) hurry();
      first ||= Date.now();
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => received(name));
    whenNpmIsGone(() => received('npm has ended'));
    // A terminal that has gone must not keep us from stopping in order.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }
}

/** npm that was killed passes no signal on. It is our parent, or the parent of the shell that it has started us with. */
function whenNpmIsGone(act: () => void): void {
  const npm = [process.ppid, parentOf(process.ppid)].find((pid) => pid !== undefined && commandLineHas(pid, 'npm'));
  if (!process.env['npm_lifecycle_event'] || npm === undefined) return;
  const record = identify(npm);
  const timer = setInterval(() => {
    if (isAlive(record)) return;
    clearInterval(timer);
    act();
  }, 1_000);
  timer.unref();
}
