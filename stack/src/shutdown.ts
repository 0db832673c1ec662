// @ts-nocheck
import { commandLineHas, identify, isAlive, parentOf } from './processes.js';
import { endRunning } from './run.js';

/** npm passes a Ctrl-C on although the terminal has sent it to us already: two within this time are one. */
const SAME_SIGNAL_MS = 2_000;

/** What must end when this process ends, in the reverse order of its beginning. */
export class Shutdown {
  #stops = [];
  #done;

  /** Why we stop; aborts whatever still starts. */
  #controller = new AbortController();
  readonly signal: AbortSignal = this.#controller.signal;

  /**
   * Something that has begun. When we are stopping already, it is stopped at once.
   * @param {string} name @param {() => Promise<unknown> | unknown} stop
   */
  async add(name, stop) {
    this.#stops.push({ name, stop });
    if (this.signal.aborted) await this.#stopAll();
  }

  get requested() {
    return this.signal.aborted;
  }

  /** Stops everything, once; later callers wait for the same end. */
  stop() {
    this.#controller.abort();
    endRunning();
    return (this.#done ??= this.#stopAll());
  }

  async #stopAll() {
    for (let next = this.#stops.pop(); next; next = this.#stops.pop()) await next.stop();
  }

  /** What nobody has caught must not leave servers behind either. @param {(error: unknown) => void} fail reports it and stops everything */
  onCrash(fail) {
    process.on('uncaughtException', fail).on('unhandledRejection', fail);
  }

  /**
   * @param {(why: string) => void} begin called at the first signal @param {() => void} hurry called at a later one
   */
  onSignal(begin, hurry) {
    let first = 0;
    const received = (why) => {
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
function whenNpmIsGone(act) {
  const npm = [process.ppid, parentOf(process.ppid)].find((pid) => pid !== undefined && commandLineHas(pid, 'npm'));
  if (!process.env.npm_lifecycle_event || npm === undefined) return;
  const record = identify(npm);
  const timer = setInterval(() => {
    if (isAlive(record)) return;
    clearInterval(timer);
    act();
  }, 1_000);
  timer.unref();
}
