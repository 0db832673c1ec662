import { builtCode } from '@sluice/stack/build/built-code';
import { compile } from '@sluice/stack/build/build';
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
export function restartOnChange({ services, restart, printLine }: Options): () => void {
  const projects = services.map((service) => `apps/${service}`);
  let running = builtCode(services);
  let compiling = Promise.resolve();
  let restarting = Promise.resolve();
  const handle = async (files: string[], begun: number): Promise<void> => {
    for (const line of files.flatMap(migrationHint)) printLine(line);
    await compile(projects);
    const compiled = seconds(performance.now() - begun);
    const built = builtCode(services);
    const changed = services.filter((service) => built[service] !== running[service]);
    running = built;
    if (changed.length === 0) return printLine(`✓ compiled (${compiled}); no service has changed`);
    printLine(`✓ compiled (${compiled}); restarting ${changed.join(', ')}`);
    // Not awaited: a service that does not start must not hold up the compilation of its correction.
    restarting = restarting.then(() => restart(changed)).then(() => printLine(ready(changed, begun)), printFailure);
  };
  const failed = (error: unknown): void => {
    printFailure(error);
    printLine('The services keep running with their former code.');
  };
  return watchSources((files, begun) => {
    compiling = compiling.then(() => handle(files, begun)).catch(failed);
  });
}

const ready = (services: string[], begun: number): string =>
  `✓ ${services.join(', ')} ready ${seconds(performance.now() - begun)} after the change`;

/** What a change of a schema leaves to the developer: its client is generated, its database is not changed. */
export function migrationHint(file: string): string[] {
  const service = /^prisma\/(.+)\/schema\.prisma$/.exec(file)?.[1];
  if (!service) return [];
  return [
    `${file} has changed. To change the database too: npm run migrate -- create ${service} <name>; to apply a migration that is written: npm run migrate -- deploy ${service}`,
  ];
}
