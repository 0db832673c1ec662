import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './failure.mjs';
import { LogFile } from './log-lines.mjs';
import { end, identify } from './processes.mjs';
import { root } from './workspace.mjs';

/** A process that lived this long was well; what killed it then has nothing to do with how it boots. */
const WELL_AFTER_MS = 20_000;
/** Deaths at boot in a row after which another try is pointless. */
const GIVE_UP_AFTER = 5;
const BACKOFF_MS = { first: 200, most: 5_000 };
const KEPT_LINES = 15;
/** Seven services are asked this often while they boot, on a processor that they need themselves. */
const POLL_MS = 100;
/** Services finish what is in flight within 15 s, or end themselves. */
const STOP_WITHIN_MS = 20_000;

/** One service's process, started again whenever it dies. */
export class ServiceProcess {
  #child;
  #stopping = false;
  #failures = 0;
  /** How often it has ended without being asked to. */
  deaths = 0;
  #tail = [];

  /**
   * @param {{ service: string, program: string, env: NodeJS.ProcessEnv, healthPort: number, logFile: string, onLine: (line: string) => void, say: (line: string) => void, onChange: () => void }} options
   */
  constructor(options) {
    Object.assign(this, options);
    this.log = new LogFile(options.logFile);
  }

  /** Also again, after `stop`. */
  start() {
    this.#stopping = false;
    this.ended = this.#keepRunning();
  }

  /** @returns {import('./processes.mjs').ProcessRecord | undefined} */
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

  async #until(isSo, withinMs) {
    for (const until = Date.now() + withinMs; !(await isSo()); await sleep(POLL_MS)) {
      if (this.gaveUp) throw new Failure(`${this.service} does not start`, `Its log: ${this.logFile}`, this.#tail.join('\n'));
      if (this.#stopping) throw new Failure('stopped while starting');
      if (Date.now() > until) throw new Failure(`${this.service} is not ready after ${withinMs / 1000} s`, `Its log: ${this.logFile}`, this.#tail.join('\n'));
    }
  }

  async stop() {
    this.#stopping = true;
    await end(this.record, { graceMs: STOP_WITHIN_MS });
    await this.ended;
  }

  /** For those in a hurry. */
  kill() {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  async #answers(path) {
    const answer = await fetch(`http://127.0.0.1:${this.healthPort}${path}`, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  }

  async #keepRunning() {
    while (!this.#stopping && !this.gaveUp) {
      const begun = Date.now();
      const how = await this.#run();
      if (this.#stopping) return;
      this.deaths++;
      this.#failures = Date.now() - begun < WELL_AFTER_MS ? this.#failures + 1 : 1;
      this.gaveUp = this.#failures >= GIVE_UP_AFTER;
      this.say(this.gaveUp ? this.#lastWords(how) : `${this.service} ended (${how}); starting it again`);
      await sleep(Math.min(BACKOFF_MS.first * 2 ** (this.#failures - 1), BACKOFF_MS.most));
    }
  }

  #lastWords(how) {
    return `${this.service} ended ${GIVE_UP_AFTER} times in a row (${how}) and is left alone. Its log: ${this.logFile}\n${this.#tail.join('\n')}`;
  }

  async #run() {
    const options = { cwd: root, env: this.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true }; // detached: Ctrl-C reaches us, and we stop in order
    const child = spawn(process.execPath, ['--enable-source-maps', this.program], options);
    child.record = identify(child.pid ?? 0);
    this.#child = child;
    this.onChange();
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => this.#keep(line));
    const [code, signal] = await Promise.race([once(child, 'close'), once(child, 'error').then(() => [1, null])]);
    return signal ?? `exit code ${code}`;
  }

  #keep(line) {
    this.log.write(line);
    this.#tail = [...this.#tail.slice(1 - KEPT_LINES), line];
    this.onLine(line);
  }
}
