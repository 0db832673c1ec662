import path from 'node:path';
import { Failure } from '../failure.js';
import { prefixed } from '../log-lines.js';
import { freePort } from '../ports.js';
import { end, isAlive, type ProcessRecord } from '../processes.js';
import type { StateDirectory } from '../state-directory.js';
import { manifestOf, root } from '../workspace.js';
import { environmentOf, type ServiceSettings } from './environment.js';
import { ServiceProcess } from './process.js';

/** A generous end: one that does nothing has failed much earlier (process.ts). */
const READY_WITHIN_MS = 600_000;

type Hear = (service: string, message: unknown, send: (answer: object) => boolean) => void;

/** The gateway asks for switches; services that call others outside have fakes of them. docs/decisions/0049 */
function hasPipe(service: string): boolean {
  const { http, outside } = manifestOf(service);
  return http !== undefined || outside !== undefined;
}

/** Of one process, where it differs from the others of its service. */
interface Particulars {
  /** Name of its log file. */
  log: string;
  /** Variables besides its own. */
  extra: NodeJS.ProcessEnv;
  /** Whose compiled code it runs. */
  checkout: string;
}

/** All services of the system, each as its own process. */
export class Supervisor {
  #services: ServiceProcess[] = [];
  /** How many processes of a service there have been, those that were started again not counted. */
  readonly #started = new Map<string, number>();
  #settings: ServiceSettings | undefined;
  /** From then on nothing is restarted. */
  #stopped = false;
  readonly #stateDirectory: StateDirectory;
  readonly #printLine: (line: string) => void;
  readonly #hear: Hear | undefined;
  /** Of the broker, for services that do not reach it directly. */
  readonly #brokerPorts = new Map<string, number>();
  /** Until it is switched on, log lines go to the files alone, so that the progress stays readable. */
  showLogs = false;

  /** @param options hear: hears what processes say over a pipe to this one; without it they have none */
  constructor(options: { stateDirectory: StateDirectory; printLine: (line: string) => void; hear?: Hear | undefined }) {
    this.#stateDirectory = options.stateDirectory;
    this.#printLine = options.printLine;
    this.#hear = options.hear;
  }

  /**
   * Starts the services one after the other while the broker boots, and together from then on: all at once they would take
   * the processor from the broker, for which all of them wait.
   */
  async start(names: string[], settings: ServiceSettings, brokerIsUp: Promise<unknown>): Promise<void> {
    this.#settings = settings;
    for (const service of names) this.#services.push(await this.#prepare(service));
    for (const service of this.#services) {
      service.start();
      await Promise.race([brokerIsUp, service.loaded(READY_WITHIN_MS)]);
    }
  }

  /** Ends the service in order; it is not started again before `startAgain`. */
  halt(name: string): Promise<void> {
    return this.#named(name).stop();
  }

  /** Starts a service that was halted. @param extra variables besides its own, this time */
  async startAgain(name: string, extra: NodeJS.ProcessEnv = {}): Promise<void> {
    const service = this.#named(name);
    service.env = { ...this.#environment(name, service.healthPort), ...extra };
    service.start();
    await service.ready(READY_WITHIN_MS);
  }

  /**
   * Starts a further process of a service.
   * @param extra variables besides its own
   * @param checkout whose compiled code it runs
   * @returns what ends it
   */
  async another(name: string, extra: NodeJS.ProcessEnv, checkout?: string): Promise<() => Promise<void>> {
    const log = `${name}-${(this.#started.get(name) ?? 0) + 1}`;
    const added = await this.#prepare(name, { log, extra, ...(checkout !== undefined && { checkout }) });
    this.#services.push(added);
    added.start();
    await added.ready(READY_WITHIN_MS);
    return () => this.end(added);
  }

  /** Ends this process in order, for good. */
  async end(ended: ServiceProcess): Promise<void> {
    await ended.stop();
    this.#services = this.#services.filter((service) => service !== ended);
    this.#record();
  }

  /** The processes of a service, the oldest first. */
  processesOf(name: string): readonly ServiceProcess[] {
    return this.#services.filter(({ service }) => service === name);
  }

  /**
   * Ends every process of a service in order and starts it again, also one that waits for its next try or has wrong settings.
   * @param extra variables besides its own, until another restart replaces them; those of before when absent
   * @throws {Failure} when there is no such service, or it does not become ready
   */
  async restart(name: string, extra?: NodeJS.ProcessEnv): Promise<void> {
    this.#named(name);
    for (const process of this.processesOf(name)) {
      await process.stop();
      if (this.#stopped) throw new Failure(`${name} was stopped while restarting`);
      if (extra) process.env = { ...this.#environment(name, process.healthPort), ...extra };
      process.start();
      await process.ready(READY_WITHIN_MS);
    }
  }

  /** From its next start on the service reaches the broker at this port of this machine. */
  rewire(name: string, port: number): void {
    this.#brokerPorts.set(name, port);
    for (const process of this.#services.filter(({ service }) => service === name))
      process.env = this.#rewired(name, process.env);
  }

  #rewired(service: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const port = this.#brokerPorts.get(service);
    if (port === undefined || !env['AMQP_URL']) return env;
    return { ...env, AMQP_URL: Object.assign(new URL(env['AMQP_URL']), { port: String(port) }).href };
  }

  /** Sends a signal to the service's process, if there is one. */
  signal(name: string, signal: NodeJS.Signals): void {
    const record = this.#named(name).record;
    if (record && isAlive(record)) process.kill(record.pid, signal);
  }

  /** The first process of the service. @throws {Failure} when there is none */
  #named(name: string): ServiceProcess {
    const found = this.#services.find(({ service }) => service === name);
    if (found) return found;
    throw new Failure(`no service ${name} runs here`, `There are: ${this.names.join(', ')}`);
  }

  #environment(service: string, healthPort: number): NodeJS.ProcessEnv {
    if (!this.#settings) throw new Error('the services have not been started');
    const cache = this.#stateDirectory.path('compile-cache');
    return this.#rewired(service, environmentOf(service, { ...this.#settings, healthPort, cache }));
  }

  async #prepare(service: string, given: Partial<Particulars> = {}): Promise<ServiceProcess> {
    const { log = service, extra = {}, checkout = this.#settings?.checkout ?? root } = given;
    const healthPort = await freePort();
    this.#started.set(service, (this.#started.get(service) ?? 0) + 1);
    return new ServiceProcess({
      service,
      program: path.join(checkout, 'apps', service, 'dist/main.js'),
      healthPort,
      env: { ...this.#environment(service, healthPort), ...extra },
      logFile: this.#stateDirectory.path('logs', `${log}.log`),
      ...(this.#hear && hasPipe(service) && { onMessage: this.#hear.bind(undefined, service) }),
      onLine: (line) => this.showLogs && this.#printLine(prefixed(service, line, Boolean(process.stdout.isTTY))),
      printLine: this.#printLine,
      onChange: () => this.#record(),
    });
  }

  /** Written at every change: should we be killed, the next start ends what is left. People find the ports of metrics there. */
  #record(): void {
    this.#stateDirectory.remember(
      'services',
      this.#services.flatMap(({ service, healthPort, record }) => (record ? [{ service, healthPort, ...record }] : [])),
    );
  }

  /** @throws {Failure} naming the service that does not become ready */
  async ready(withinMs = READY_WITHIN_MS): Promise<void> {
    await Promise.all(this.#services.map((service) => service.ready(withinMs)));
  }

  get names(): string[] {
    return [...new Set(this.#services.map(({ service }) => service))];
  }

  /** The service's process of now; undefined while there is none. */
  processOf(name: string): ProcessRecord | undefined {
    return this.#services.find(({ service }) => service === name)?.record;
  }

  /** Services that have ended by themselves, once for each time. */
  get deaths(): string[] {
    return this.#services.flatMap(({ service, deaths }) => Array.from({ length: deaths }, () => service));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#services.map((service) => service.stop()));
    this.#stateDirectory.forget('services');
  }

  kill(): void {
    this.#services.forEach((service) => service.kill());
  }
}

/** Ends the services that a killed start left behind. @returns how many there were */
export async function endOrphans(stateDirectory: StateDirectory): Promise<number> {
  const records = stateDirectory.recall('services') ?? [];
  await Promise.all(records.map((record) => end(record, { graceMs: 5_000 })));
  stateDirectory.forget('services');
  return records.length;
}
