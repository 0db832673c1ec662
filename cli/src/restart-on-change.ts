import { builtCode } from '@sluice/stack/build/built-code';
import { compile, rebuildPage } from '@sluice/stack/build/build';
import { watchSources } from '@sluice/stack/build/watch';
import { printFailure } from '@sluice/stack/failure';
import { seconds } from '@sluice/stack/progress';

interface Options {
  services: readonly string[];
  /** Resolves when these services are ready again. */
  restart: (services: string[]) => Promise<unknown>;
  printLine: (line: string) => void;
}

/**
 * Compiles after each change of the sources, and restarts the services whose compiled code it has changed. After an error
 * of the compiler they keep running.
 * @returns what ends it
 */
export function restartOnChange(options: Options): () => void {
  const restarts = new Restarts(options);
  const endWatch = watchSources((files, begun) => restarts.changed(files, begun));
  return () => {
    restarts.ended = true;
    endWatch();
  };
}

class Restarts {
  /** From then on nothing is started, and what fails is not printed: everything stops. */
  ended = false;
  /** By service: the code that it runs. */
  #running: Record<string, string>;
  #compiling = Promise.resolve();
  #restarting = Promise.resolve();

  constructor(private readonly options: Options) {
    this.#running = builtCode(options.services);
  }

  changed(files: string[], begun: number): void {
    this.#compiling = this.#compiling
      .then(() => this.#compile(files, begun))
      .catch((error: unknown) => this.#failed(error, 'The services keep running with their former code.'));
  }

  async #compile(files: string[], begun: number): Promise<void> {
    const { services, printLine } = this.options;
    if (files.some(isOfPage)) await this.#rebuildPage(begun);
    const concerned = servicesOf(files, services);
    if (concerned.length === 0) return;
    for (const line of files.flatMap(migrationHint)) printLine(line);
    await compile(concerned.map((service) => `apps/${service}`));
    const changed = this.#changedServices();
    const next = changed.length > 0 ? `restarting ${changed.join(', ')}` : 'no service has changed';
    printLine(`✓ compiled (${since(begun)}); ${next}`);
    // Not awaited: a service that does not start must not hold up the compilation of its correction.
    this.#restarting = this.#restarting
      .then(() => this.#restart(changed, begun))
      .catch((error: unknown) => this.#failed(error));
  }

  /** The gateway reads the files of the page at each request. */
  async #rebuildPage(begun: number): Promise<void> {
    await rebuildPage();
    this.options.printLine(`✓ page built (${since(begun)})`);
  }

  #changedServices(): string[] {
    const built = builtCode(this.options.services);
    const changed = this.options.services.filter((service) => built[service] !== this.#running[service]);
    this.#running = built;
    return changed;
  }

  async #restart(services: string[], begun: number): Promise<void> {
    if (services.length === 0 || this.ended) return;
    await this.options.restart(services);
    this.options.printLine(`✓ ${services.join(', ')} ready ${since(begun)} after the change`);
  }

  #failed(error: unknown, consequence?: string): void {
    if (this.ended) return;
    printFailure(error);
    if (consequence) this.options.printLine(consequence);
  }
}

const isOfPage = (file: string): boolean => file.startsWith('apps/web/');

const since = (begun: number): string => seconds(performance.now() - begun);

/** The services that may have another code after a change of these files: their own ones, all after a change of a library. */
export function servicesOf(files: readonly string[], services: readonly string[]): readonly string[] {
  const owners = files.map((file) => /^(?:apps|prisma)\/([^/]+)/.exec(file)?.[1]);
  return owners.includes(undefined) ? services : services.filter((service) => owners.includes(service));
}

/** What a change of a schema leaves to the developer: its client is generated, its database is not changed. */
export function migrationHint(file: string): string[] {
  const service = /^prisma\/(.+)\/schema\.prisma$/.exec(file)?.[1];
  if (!service) return [];
  return [
    `${file} has changed. To change the database too: npm run migrate -- create ${service} <name>; to apply a migration that is written: npm run migrate -- deploy ${service}`,
  ];
}
