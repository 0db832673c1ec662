import { compile } from '@sluice/stack/build/build';
import { Failure, printFailure } from '@sluice/stack/failure';
import { prefixed } from '@sluice/stack/log-lines';
import { isFree } from '@sluice/stack/ports';
import { hasEnded, isAlive } from '@sluice/stack/processes';
import { Progress } from '@sluice/stack/progress';
import { passedOn } from '@sluice/stack/services/environment';
import { requestRestart, runningStart } from '@sluice/stack/services/restarts';
import { StateDirectory } from '@sluice/stack/state-directory';
import { allServices } from '@sluice/stack/workspace';
import { followLog } from './follow-log.js';
import { restartOnChange } from './restart-on-change.js';
import { runUntilStopped } from './run-until-stopped.js';
import { startAndServe } from './start.js';

/** Where a debugger attaches to a service: on loopback. */
export interface Inspector {
  service: string;
  port: number;
}

const INSPECTOR_PORT = 9229;

/** @param text such as `orders` or `orders:9230` @throws {Failure} when there is no such service, or no such port */
export async function inspectorOf(text: string): Promise<Inspector> {
  const [service = '', given = String(INSPECTOR_PORT)] = text.split(':');
  const port = Number(given);
  requireServices([service]);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Failure(`--inspect ${text}: the port must be a number from 1 to 65535`);
  if (!(await isFree(port)))
    throw new Failure(
      `port ${port} is taken by another program, perhaps another debugger`,
      `Choose one: --inspect ${service}:${port + 1}`,
    );
  return { service, port };
}

/** @throws {Failure} that names the services that there are */
export function requireServices(names: readonly string[]): void {
  const unknown = names.find((name) => !allServices().includes(name));
  if (unknown === undefined) return;
  throw new Failure(`there is no service "${unknown}" in apps/`, `Services: ${allServices().join(', ')}`);
}

const inspecting = ({ port }: Inspector): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: [process.env['NODE_OPTIONS'], `--inspect=127.0.0.1:${port}`].filter(Boolean).join(' '),
});

/** Starts the whole system, and restarts services as their sources change. @returns the exit code */
export const developSystem = (inspector: Inspector | undefined): Promise<number> =>
  startAndServe({
    demo: false,
    exitAfterDemo: false,
    onReady: async ({ supervisor, progress, shutdown }) => {
      if (inspector) await supervisor.restart(inspector.service, inspecting(inspector));
      const watch = restartOnChange({
        services: supervisor.names,
        restart: (services) => Promise.all(services.map((service) => supervisor.restart(service))),
        printLine: (line) => progress.line(line),
      });
      await shutdown.add('watch', watch);
      for (const line of hints(inspector)) progress.line(line);
    },
  });

/**
 * Restarts services of a system that runs in another terminal as their sources change, with the settings of this terminal
 * and their logs in it. The processes stay with the supervisor of that system: however this terminal ends, none is missing
 * or there twice.
 * @returns the exit code
 */
export function developServices(services: string[], inspector: Inspector | undefined): Promise<number> {
  const progress = new Progress();
  const printLine = (line: string): void => progress.line(line);
  return runUntilStopped(
    async ({ shutdown, fail }) => {
      const system = new RemoteSystem(progress);
      void system.ended.then(() => fail(new Failure('the system has ended', 'Start it again (npm start).')));
      await progress.step('build', () => compile(services.map((service) => `apps/${service}`)));
      for (const service of services) await shutdown.add('log', system.showLog(service));
      await shutdown.add('services', () => system.giveBack(services));
      for (const service of services) {
        const env = { ...passedOn(process.env), ...(inspector?.service === service && inspecting(inspector)) };
        await progress.step(service, () => system.restart([service], env));
      }
      const restart = (changed: string[]): Promise<void> => system.restart(changed);
      await shutdown.add('watch', restartOnChange({ services, restart, printLine }));
      hints(inspector).forEach(printLine);
      return new Promise<never>(() => {}); // until a signal or a failure
    },
    { signalCode: 0 },
  );
}

/** The system of a start in another terminal. */
class RemoteSystem {
  readonly #stateDirectory = new StateDirectory();
  readonly #start = runningStart(this.#stateDirectory);
  readonly ended: Promise<unknown>;
  #last = Promise.resolve();

  /** @throws {Failure} when none runs, or it is not ready */
  constructor(private readonly progress: Progress) {
    if (this.#stateDirectory.recall('ready')?.pid !== this.#start.pid)
      throw new Failure('the system is still starting', 'Begin again when it is ready.');
    this.ended = hasEnded(this.#start);
  }

  /** @returns what ends it */
  showLog(service: string): () => void {
    const print = (line: string): void => this.progress.line(prefixed(service, line, this.progress.live));
    return followLog(this.#stateDirectory.path('logs', `${service}.log`), print);
  }

  /** One request at a time: the start answers the latest one only. */
  restart(services: string[], env?: NodeJS.ProcessEnv): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(() => requestRestart(this.#stateDirectory, services, env));
    return this.#last;
  }

  async giveBack(services: string[]): Promise<void> {
    if (!isAlive(this.#start)) return;
    const label = `${services.join(', ')} with the settings of npm start`;
    await this.progress.step(label, () => this.restart(services, {})).catch(printFailure);
  }
}

const hints = (inspector: Inspector | undefined): string[] => [
  ...(inspector ? [`The debugger of ${inspector.service} is at 127.0.0.1:${inspector.port}: docs/debugging.md`] : []),
  'Watching the sources. Ctrl-C ends it.',
];
