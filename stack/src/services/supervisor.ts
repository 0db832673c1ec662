// @ts-nocheck
import { Failure } from '../failure.js';
import { prefixed } from '../log-lines.js';
import { freePort } from '../ports.js';
import { end } from '../processes.js';
import { environmentOf } from './environment.js';
import { ServiceProcess } from './process.js';
import { inRoot } from '../workspace.js';

/** A generous end: one that does nothing has failed much earlier (service-process.mjs). */
const READY_WITHIN_MS = 600_000;

/** All services of the system, each as its own process. */
export class Supervisor {
  #services = [];
  #system;
  /** Until it is switched on, log lines go to the files alone, so that the progress stays readable. */
  showLogs = false;

  /** @param {{ stateDirectory: import('../state-directory.js').StateDirectory, say: (line: string) => void }} options */
  constructor({ stateDirectory, printLine }) {
    this.stateDirectory = stateDirectory;
    this.printLine = printLine;
  }

  /**
   * Starts the services one after the other while the broker boots, and together from then on: all at once they would take
   * the processor from the broker, for which all of them wait.
   * @param {string[]} names @param {Omit<Parameters<typeof environmentOf>[1], 'healthPort' | 'cache'>} system @param {Promise<unknown>} brokerIsUp
   */
  async start(names, system, brokerIsUp) {
    this.#system = system;
    for (const service of names) this.#services.push(await this.#prepare(service));
    for (const service of this.#services) {
      service.start();
      await Promise.race([brokerIsUp, service.loaded(READY_WITHIN_MS)]);
    }
  }

  /** @param {string} name ended in order, and not started again before `startAgain` */
  halt(name) {
    return this.#named(name).stop();
  }

  /** @param {string} name of a service that was halted @param {NodeJS.ProcessEnv} [extra] variables besides its own, this time */
  async startAgain(name, extra = {}) {
    const service = this.#named(name);
    service.env = { ...this.#environment(name, service.healthPort), ...extra };
    service.start();
    await service.ready(READY_WITHIN_MS);
  }

  /**
   * A further process of a service.
   * @param {string} name @param {NodeJS.ProcessEnv} extra variables besides its own
   * @returns {Promise<() => Promise<void>>} what ends it
   */
  async another(name, extra) {
    const added = await this.#prepare(name, { log: `${name}-2`, extra });
    this.#services.push(added);
    added.start();
    await added.ready(READY_WITHIN_MS);
    return async () => {
      await added.stop();
      this.#services = this.#services.filter((service) => service !== added);
      this.#remember();
    };
  }

  /**
   * Ends every process of a service in order and starts it again, also one that waits for its next try or has wrong settings.
   * @param {string} name
   * @throws {import('../failure.js').Failure} when there is no such service, or it does not become ready
   */
  async restart(name) {
    const found = this.#services.filter(({ service }) => service === name);
    if (found.length === 0)
      throw new Failure(
        `no service ${name} runs here`,
        `There are: ${[...new Set(this.#services.map(({ service }) => service))].join(', ')}`,
      );
    for (const service of found) {
      await service.stop();
      service.start();
      await service.ready(READY_WITHIN_MS);
    }
  }

  #named(name) {
    return this.#services.find(({ service }) => service === name);
  }

  #environment(service, healthPort) {
    return environmentOf(service, { ...this.#system, healthPort, cache: this.stateDirectory.path('compile-cache') });
  }

  async #prepare(service, { log = service, extra = {} } = {}) {
    const healthPort = await freePort();
    return new ServiceProcess({
      service,
      program: inRoot('apps', service, 'dist/main.js'),
      healthPort,
      env: { ...this.#environment(service, healthPort), ...extra },
      logFile: this.stateDirectory.path('logs', `${log}.log`),
      onLine: (line) => this.showLogs && this.printLine(prefixed(service, line, Boolean(process.stdout.isTTY))),
      printLine: this.printLine,
      onChange: () => this.#remember(),
    });
  }

  /** Written down at every change: should we be killed, the next start ends what is left. People find the ports of metrics there. */
  #remember() {
    this.stateDirectory.remember(
      'services',
      this.#services.flatMap(({ service, healthPort, record }) => (record ? { service, healthPort, ...record } : [])),
    );
  }

  /** @throws {import('../failure.js').Failure} naming the service that does not become ready */
  async ready(withinMs = READY_WITHIN_MS) {
    await Promise.all(this.#services.map((service) => service.ready(withinMs)));
  }

  /** @param {string} name @returns {import('../processes.js').ProcessRecord | undefined} the service's process of now */
  processOf(name) {
    return this.#named(name)?.record;
  }

  /** @returns {string[]} services that have ended by themselves, once for each time */
  get deaths() {
    return this.#services.flatMap(({ service, deaths }) => Array.from({ length: deaths }, () => service));
  }

  async stop() {
    await Promise.all(this.#services.map((service) => service.stop()));
    this.stateDirectory.forget('services');
  }

  kill() {
    this.#services.forEach((service) => service.kill());
  }
}

/** Ends the services that a killed start left behind. @returns {Promise<number>} how many there were */
export async function endOrphans(stateDirectory) {
  const records = stateDirectory.recall('services') ?? [];
  await Promise.all(records.map((record) => end(record, { graceMs: 5_000 })));
  stateDirectory.forget('services');
  return records.length;
}
