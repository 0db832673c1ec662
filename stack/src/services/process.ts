import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { LogFile } from '../log-lines.js';
import { end, identify, processorMs, type ProcessRecord } from '../processes.js';
import { ProgressDeadline } from '../progress-deadline.js';
import { root } from '../workspace.js';
import { nodeArguments } from './node-arguments.js';

/** A process that lived this long was well; what killed it then has nothing to do with how it boots. */
const WELL_AFTER_MS = 20_000;
/** Quick deaths in a row after which waiting for the service fails; it is started again all the same, ever more slowly. */
const FAILING_AFTER = 5;
const PAUSE_MS = { first: 200, most: 60_000 };
/** The exit code of a service whose settings are wrong (libs/service-kit/src/run-process.ts): trying again would change nothing. */
const WRONG_SETTINGS = 78;
const LAST_LINES = 15;
/** One that boots is waited for while it writes or computes; after so long of neither it hangs. */
const IDLE_MS = 90_000;
/** Pause between two requests to a service that boots, on a processor that the services need themselves. */
const POLL_MS = 100;
/** Services finish what is in flight within 15 s, or end themselves. */
const STOP_WITHIN_MS = 20_000;

export interface ServiceProcessOptions {
  service: string;
  /** The compiled entry point. */
  program: string;
  env: NodeJS.ProcessEnv;
  healthPort: number;
  /** Absent: what the service writes is passed to `onLine` alone. */
  logFile?: string;
  /** Called with each line that the service writes. */
  onLine: (line: string) => void;
  /** Prints what becomes of the process. */
  printLine?: (line: string) => void;
  /** Called when there is another process. */
  onChange?: () => void;
  /** Hears what the process says over a pipe between it and us; without it there is no pipe. */
  onMessage?: (message: unknown, send: (answer: object) => boolean) => void;
  /** False: a process that has ended is not started again, and `ready` fails at once. */
  restarts?: boolean;
  pauseMs?: { first: number; most: number };
  idleMs?: number;
}

/** One service's process, started again whenever it dies, unless its settings are wrong. */
export class ServiceProcess {
  readonly service: string;
  readonly healthPort: number;
  /** Of the next process. */
  env: NodeJS.ProcessEnv;
  /** The running process, or the last one. */
  record: ProcessRecord | undefined;
  /** Resolves when no further process is started. */
  ended: Promise<void> = Promise.resolve();
  /** How often it has ended without being stopped. */
  deaths = 0;
  /** Of the process that has ended last; null when a signal has ended it. */
  exitCode: number | null = null;
  readonly #options: ServiceProcessOptions;
  readonly #log: LogFile | undefined;
  #stopping = false;
  /** Quick deaths in a row. */
  #failures = 0;
  #wrongSettings = false;
  #endPause = (): void => {};
  #lastLines: string[] = [];
  #lines = 0;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.service = options.service;
    this.healthPort = options.healthPort;
    this.env = options.env;
    if (options.logFile) this.#log = new LogFile(options.logFile);
  }

  /** Also again, after `stop`. */
  start(): void {
    this.#stopping = false;
    this.#failures = 0;
    this.#wrongSettings = false;
    this.ended = this.#keepRunning();
  }

  /** Resolves when the process has loaded its code, whatever it still waits for. @throws {Failure} as `ready` does */
  loaded(withinMs: number): Promise<void> {
    return this.#until('/healthz', withinMs);
  }

  /** Resolves when /readyz answers with success. @throws {Failure} when the service fails to start or takes too long */
  ready(withinMs: number): Promise<void> {
    return this.#until('/readyz', withinMs);
  }

  async #until(path: string, withinMs: number): Promise<void> {
    const { idleMs = IDLE_MS } = this.#options;
    const progress = () => ({ written: this.#lines, processorMs: processorMs(this.record?.pid) });
    const deadline = new ProgressDeadline({ idleMs, atMostMs: withinMs, progress });
    const begun = Date.now();
    for (; !(await this.#answers(path)); await sleep(POLL_MS)) {
      if (this.#wrongSettings) throw new Failure(`the settings of ${this.service} are wrong`, this.#lastLines.at(-1));
      if (this.#failures >= this.#maxFailures) throw this.#failure('does not start');
      if (this.#stopping) throw new Failure('stopped while starting');
      if (deadline.isOver) throw this.#failure(`is not ready after ${Math.round((Date.now() - begun) / 1000)} s`);
    }
  }

  get #maxFailures(): number {
    return this.#options.restarts === false ? 1 : FAILING_AFTER;
  }

  #failure(what: string): Failure {
    const { logFile } = this.#options;
    return new Failure(`${this.service} ${what}`, logFile && `Its log: ${logFile}`, this.#lastLines.join('\n'));
  }

  /** Ends the process: by the signal, and by SIGKILL when it has not ended in time. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#stopping = true;
    this.#endPause();
    await Promise.race([end(this.record, { signal, graceMs: STOP_WITHIN_MS }), this.ended]); // `end` polls
    await this.ended;
  }

  /** At once, without waiting for what is in flight. */
  kill(): void {
    this.#stopping = true;
    this.#endPause();
    void end(this.record, { signal: 'SIGKILL' });
  }

  async #answers(path: string): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.healthPort}${path}`, {
      signal: AbortSignal.timeout(3_000),
    }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stopping) {
      const begun = Date.now();
      const how = await this.#run();
      if (this.#stopping) return;
      this.deaths++;
      this.#failures = Date.now() - begun < WELL_AFTER_MS ? this.#failures + 1 : 1;
      if (this.#options.restarts === false) return;
      this.#wrongSettings = this.exitCode === WRONG_SETTINGS;
      if (this.#wrongSettings) return this.#options.printLine?.(this.#notAgain());
      const { first, most } = this.#options.pauseMs ?? PAUSE_MS;
      const pauseMs = Math.min(first * 2 ** (this.#failures - 1), most);
      this.#options.printLine?.(this.#again(how, pauseMs));
      await this.#pause(pauseMs);
    }
  }

  #notAgain(): string {
    const { service } = this;
    return `${this.#lastLines.at(-1)}\n${service} is not started again before that is mended: npm run restart -- ${service}`;
  }

  #again(how: string, pauseMs: number): string {
    const { service } = this;
    if (this.#failures < FAILING_AFTER) return `${service} ended (${how}); starting it again`;
    const next = `${service} ended ${this.#failures} times in a row (${how}); the next try is in ${pauseMs / 1000} s, or at once: npm run restart -- ${service}`;
    const log = `Its log: ${this.#options.logFile}\n${this.#lastLines.join('\n')}`;
    return this.#failures === FAILING_AFTER ? `${next}\n${log}` : next;
  }

  /** Ends early when the service is to stop. */
  async #pause(ms: number): Promise<void> {
    const stopped = new AbortController();
    this.#endPause = () => stopped.abort();
    await sleep(ms, undefined, { signal: stopped.signal }).catch(() => {});
  }

  /** @returns how the process has ended */
  async #run(): Promise<string> {
    const child = spawn(process.execPath, [...nodeArguments(), this.#options.program], {
      ...{ cwd: root, env: this.env },
      stdio: ['ignore', 'pipe', 'pipe', ...(this.#options.onMessage ? (['ipc'] as const) : [])],
      detached: true, // Ctrl-C reaches us, and we stop in order
    });
    this.record = identify(child.pid);
    this.#options.onChange?.();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream! }).on('line', (line) => this.#received(line));
    child.on('message', (message) => this.#options.onMessage?.(message, sendTo(child)));
    const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const failed = once(child, 'error').then((): [number, null] => [1, null]);
    const [code, signal] = await Promise.race([ended, failed]);
    this.exitCode = code;
    return signal ?? `exit code ${code}`;
  }

  #received(line: string): void {
    this.#log?.write(line);
    this.#lines++;
    this.#lastLines = [...this.#lastLines.slice(1 - LAST_LINES), line];
    this.#options.onLine(line);
  }
}

/** @returns says whether the process still listened */
const sendTo =
  (child: ChildProcess) =>
  (answer: object): boolean =>
    child.send(answer, () => {}); // it may have ended: no error then
