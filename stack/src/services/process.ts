// @ts-nocheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { LogFile } from '../log-lines.js';
import { ProgressDeadline } from '../progress-deadline.js';
import { end, identify, processorMs } from '../processes.js';
import { root } from '../workspace.js';

/** A process that lived this long was well; what killed it then has nothing to do with how it boots. */
const WELL_AFTER_MS = 20_000;
/** Deaths in a row after which whoever waits for the service is told; it is tried on, ever more slowly. */
const FAILING_AFTER = 5;
const PAUSE_MS = { first: 200, most: 60_000 };
/** The exit code of a service whose settings are wrong (libs/service-kit/src/run-process.ts): trying again would change nothing. */
const WRONG_SETTINGS = 78;
const KEPT_LINES = 15;
/** One that boots is waited for while it writes or computes; after so long of neither it hangs. */
const IDLE_MS = 90_000;
/** Seven services are asked this often while they boot, on a processor that they need themselves. */
const POLL_MS = 100;
/** Services finish what is in flight within 15 s, or end themselves. */
const STOP_WITHIN_MS = 20_000;

/** One service's process, started again whenever it dies, unless its settings are wrong. */
export class ServiceProcess {
  #child;
  #stopping = false;
  /** Quick deaths in a row. */
  #failures = 0;
  #wrongSettings = false;
  #hurry = () => {};
  /** How often it has ended without being asked to. */
  deaths = 0;
  #tail = [];
  #lines = 0;

  /**
   * @param {{ service: string, program: string, env: NodeJS.ProcessEnv, healthPort: number, logFile: string, onLine: (line: string) => void, say: (line: string) => void, onChange: () => void, pauseMs?: { first: number, most: number }, idleMs?: number }} options
   */
  constructor(options) {
    Object.assign(this, { pauseMs: PAUSE_MS, idleMs: IDLE_MS }, options);
    this.log = new LogFile(options.logFile);
  }

  /** Also again, after `stop`. */
  start() {
    this.#stopping = false;
    this.#failures = 0;
    this.#wrongSettings = false;
    this.ended = this.#keepRunning();
  }

  /** @returns {import('../processes.js').ProcessRecord | undefined} */
  get record() {
    return this.#child?.record;
  }

  /** Resolves when the process has loaded its code, whatever it still waits for. @throws {Failure} as `ready` does */
  loaded(withinMs) {
    return this.#until(() => this.#answers('/healthz'), withinMs);
  }

  /** Resolves when /readyz says yes. @throws {Failure} when the service gave up or takes too long */
  ready(withinMs) {
    return this.#until(() => this.#answers('/readyz'), withinMs);
  }

  async #until(condition, withinMs) {
    const progress = () => ({ lines: this.#lines, processorMs: processorMs(this.record?.pid) });
    const deadline = new ProgressDeadline({ idleMs: this.idleMs, atMostMs: withinMs, progress });
    const begun = Date.now();
    for (; !(await condition()); await sleep(POLL_MS)) {
      if (this.#wrongSettings) throw new Failure(`the settings of ${this.service} are wrong`, this.#tail.at(-1));
      if (this.#failures >= FAILING_AFTER)
        throw new Failure(`${this.service} does not start`, `Its log: ${this.logFile}`, this.#tail.join('\n'));
      if (this.#stopping) throw new Failure('stopped while starting');
      if (deadline.isOver)
        throw new Failure(
          `${this.service} is not ready after ${Math.round((Date.now() - begun) / 1000)} s`,
          `Its log: ${this.logFile}`,
          this.#tail.join('\n'),
        );
    }
  }

  async stop() {
    this.#stopping = true;
    this.#hurry();
    await end(this.record, { graceMs: STOP_WITHIN_MS });
    await this.ended;
  }

  /** For those in a hurry. */
  kill() {
    this.#stopping = true;
    this.#hurry();
    this.#child?.kill('SIGKILL');
  }

  async #answers(path) {
    const answer = await fetch(`http://127.0.0.1:${this.healthPort}${path}`, {
      signal: AbortSignal.timeout(3_000),
    }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  }

  async #keepRunning() {
    while (!this.#stopping) {
      const begun = Date.now();
      const { how, code } = await this.#run();
      if (this.#stopping) return;
      this.deaths++;
      this.#failures = Date.now() - begun < WELL_AFTER_MS ? this.#failures + 1 : 1;
      this.#wrongSettings = code === WRONG_SETTINGS;
      if (this.#wrongSettings)
        return this.printLine(
          `${this.#tail.at(-1)}\n${this.service} is not started again before that is mended: npm run restart -- ${this.service}`,
        );
      const pauseMs = Math.min(this.pauseMs.first * 2 ** (this.#failures - 1), this.pauseMs.most);
      this.printLine(this.#lastWords(how, pauseMs));
      await this.#pause(pauseMs);
    }
  }

  #lastWords(how, pauseMs) {
    if (this.#failures < FAILING_AFTER) return `${this.service} ended (${how}); starting it again`;
    const next = `${this.service} ended ${this.#failures} times in a row (${how}); the next try is in ${pauseMs / 1000} s, or at once: npm run restart -- ${this.service}`;
    return this.#failures === FAILING_AFTER ? `${next}\nIts log: ${this.logFile}\n${this.#tail.join('\n')}` : next;
  }

  /** Ends early when the service is to stop. */
  async #pause(ms) {
    const stopped = new AbortController();
    this.#hurry = () => stopped.abort();
    await sleep(ms, undefined, { signal: stopped.signal }).catch(() => {});
  }

  async #run() {
    const options = { cwd: root, env: this.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true }; // detached: Ctrl-C reaches us, and we stop in order
    const child = spawn(process.execPath, ['--enable-source-maps', this.program], options);
    child.record = identify(child.pid ?? 0);
    this.#child = child;
    this.onChange();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#keep(line));
    const [code, signal] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [1, null])]);
    return { how: signal ?? `exit code ${code}`, code };
  }

  #keep(line) {
    this.log.write(line);
    this.#lines++;
    this.#tail = [...this.#tail.slice(1 - KEPT_LINES), line];
    this.onLine(line);
  }
}
