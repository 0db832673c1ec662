import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from '@sluice/stack/failure';
import { holderOf } from '@sluice/stack/lock';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { hasEnded, type ProcessRecord } from '@sluice/stack/processes';
import { runningNode } from '@sluice/stack/rabbitmq/rabbitmq';
import { lastLines } from '@sluice/stack/run';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { until } from '@sluice/stack/until';
import { inRoot } from '@sluice/stack/workspace';

const READY_WITHIN_MS = 180_000;
const POLL_MS = 100;

export interface Finished {
  code: number | null;
  output: string;
}

/** The commands of this repository, as a person runs them, for one state directory. */
export class Commands {
  constructor(
    private readonly stateDirectory: StateDirectory,
    private readonly settings: Record<string, string>,
  ) {}

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<Finished> {
    const child = this.#spawn(args);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  /** @throws Failure with the output of a command that fails */
  async succeed(...args: string[]): Promise<string> {
    const { code, output } = await this.run(...args);
    if (code === 0) return output;
    throw new Failure(`npm run ${args.join(' ')} failed (exit code ${code})`, undefined, lastLines(output, 60));
  }

  /** `npm start`, until it is ready. @throws Failure when it does not become so */
  async start(): Promise<void> {
    this.stateDirectory.forget('ready');
    const child = this.#spawn(['start', '--no-demo']);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = lastLines(output + chunk.toString(), 60)));
    const isReady = (): boolean => this.stateDirectory.recall('ready') !== undefined;
    await until(() => isReady() || child.exitCode !== null, { withinMs: READY_WITHIN_MS, everyMs: POLL_MS });
    if (!isReady()) throw new Failure('npm start did not become ready', undefined, output);
  }

  /** kill -9 of everything: the start, every service, both servers. */
  async killAll(): Promise<void> {
    const { stateDirectory } = this;
    const all: (ProcessRecord | undefined)[] = [
      holderOf(stateDirectory.path('running.lock')), // first: it would start the others again
      ...(stateDirectory.recall('services') ?? []),
      runningPostgres(stateDirectory),
      runningNode(stateDirectory),
    ];
    for (const record of all) if (record) signal(record, 'SIGKILL');
    await Promise.all(all.map((record) => hasEnded(record)));
  }

  /** @param signalName SIGSTOP, SIGCONT */
  signalService(service: string, signalName: NodeJS.Signals): void {
    const services = this.stateDirectory.recall('services') ?? [];
    for (const record of services.filter((one) => one.service === service)) signal(record, signalName);
  }

  #spawn(args: string[]) {
    return spawn(process.execPath, [inRoot('start.mjs'), ...args], {
      env: { ...process.env, ...this.settings, SLUICE_HOME: this.stateDirectory.dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

function signal({ pid }: ProcessRecord, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it has ended
  }
}
