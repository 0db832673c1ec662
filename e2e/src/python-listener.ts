import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, runWith, type Program, type System } from '@sluice/testing';

const FOLDER = 'examples/python-listener';
const NAME = 'order-statistics';
const imports = (python: string): boolean => spawnSync(python, ['-c', 'import pika']).status === 0;

/** Python interpreter with pika; the variable PYTHON can name one. */
export const PYTHON = [process.env['PYTHON'], 'python3', '/usr/bin/python3'].find(
  (python) => python !== undefined && imports(python),
);
export const NO_PYTHON = 'there is no python3 with pika here: apt-get install python3-pika, or set PYTHON';

/** Error output of the listener's own unit tests; empty when they pass. */
export function unitTests(): string {
  const { status, stderr } = spawnSync(PYTHON!, ['-B', '-m', 'unittest'], {
    cwd: path.resolve(import.meta.dirname, '../..', FOLDER),
    encoding: 'utf8',
  });
  return status === 0 && /^Ran [1-9]/m.test(stderr) ? '' : stderr;
}

/** The pattern that the document's list gives for `configure`, `write` or `read`. */
function permissionIn(description: string, right: string): string {
  const [, pattern] = new RegExp(`^- ${right} \`(.+)\`$`, 'm').exec(description) ?? [];
  if (pattern === undefined) throw new Error(`the AsyncAPI document names no permission to ${right}`);
  return pattern;
}

/** The listener with a broker user of its own, whose permissions are those of the AsyncAPI document and no more. */
export class PythonListener {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'sluice-python-'));
  #program: Program | undefined;

  private constructor(
    private readonly amqpUrl: string,
    private readonly management: System['broker']['management'],
  ) {}

  static async create({ broker, url }: System): Promise<PythonListener> {
    const { info } = (await (await fetch(`${url}/asyncapi.json`)).json()) as { info: { description: string } };
    const [configure, write, read] = ['configure', 'write', 'read'].map((right) =>
      permissionIn(info.description, right).replaceAll('me\\.', `${NAME}\\.`),
    );
    const user = { name: `${broker.vhost}.${NAME}`, password: 'of a test' };
    await broker.management.put(`users/${user.name}`, { password: user.password, tags: '' });
    await broker.management.put(`permissions/${broker.vhost}/${user.name}`, { configure, write, read });
    return new PythonListener(
      Object.assign(new URL(broker.url), { username: user.name, password: user.password }).href,
      broker.management,
    );
  }

  /** Resolves when the listener consumes. */
  async start(): Promise<void> {
    const program = (this.#program = runWith(
      PYTHON!,
      `${FOLDER}/listener.py`,
      { AMQP_URL: this.amqpUrl, STATISTICS_FILE: path.join(this.#folder, 'counts') },
      [],
      ['-B'],
    ));
    await eventually(() => {
      if (!program.output().includes('listening'))
        throw new Error(`the listener does not listen:\n${program.output()}`);
    });
  }

  /** Closes its connection, as an operator can. */
  async cutOff(): Promise<void> {
    const { username } = new URL(this.amqpUrl);
    const [mine] = await eventually(async () => {
      const all = await this.management.get<{ name: string; user: string }[]>('connections');
      return all.some(({ user }) => user === username)
        ? all.filter(({ user }) => user === username)
        : Promise.reject(new Error(`${username} has no connection`));
    });
    await this.management.delete(`connections/${encodeURIComponent(mine!.name)}`);
  }

  output(): string {
    return this.#program?.output() ?? '';
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    await this.#program?.end(signal);
    return (await this.#program?.exitCode) ?? null;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
