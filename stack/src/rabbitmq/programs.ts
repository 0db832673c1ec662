import { existsSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../failure.js';
import { run, succeeds } from '../run.js';

/** The servers' own folders first: on Debian the program on PATH is a wrapper that changes to another user. */
const PLACES = [
  '/usr/lib/rabbitmq/bin',
  '/opt/homebrew/opt/rabbitmq/sbin',
  '/usr/local/opt/rabbitmq/sbin',
  '/opt/rabbitmq/sbin',
];

/** The folder with `rabbitmq-server`. */
export function findRabbit(): string | undefined {
  const places = [...PLACES, ...(process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean)];
  return places.find((place) => existsSync(path.join(place, 'rabbitmq-server')));
}

/** The path of a program of RabbitMQ. @throws {Failure} when it is not installed */
export function rabbitProgram(name: 'rabbitmq-server' | 'rabbitmqctl'): string {
  const folder = findRabbit();
  if (folder === undefined) throw new Failure('there is no RabbitMQ on this machine', advice());
  return path.join(folder, name);
}

export const dockerAnswers = (): Promise<boolean> => succeeds('docker', ['version', '--format', '{{.Server.Version}}']);

/** Uses the package manager, where that takes no password. @throws {Failure} that names exactly what to install */
export async function installRabbit(note: (what: string) => void): Promise<void> {
  const install = process.platform === 'darwin' ? await withBrew() : await withApt();
  if (install) {
    note('installing RabbitMQ with the package manager');
    await install();
  }
  if (findRabbit()) return;
  throw new Failure(
    'there is no RabbitMQ on this machine, no Docker that answers, and no way to install it without a password',
    advice(),
  );
}

type Install = () => Promise<unknown>;

async function withApt(): Promise<Install | undefined> {
  if (!existsSync('/usr/bin/apt-get')) return undefined;
  const root = process.getuid?.() === 0;
  if (!root && !(await succeeds('sudo', ['-n', 'true']))) return undefined;
  const apt = (...args: string[]): Promise<string> => {
    const command = ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    const options = { label: `apt-get ${args[0]}`, fix: advice() };
    return root ? run('env', command, options) : run('sudo', ['-n', 'env', ...command], options);
  };
  return async () => {
    await apt('update'); // with old lists the install asks for versions that are gone
    await apt('install', '-y', '--no-install-recommends', 'rabbitmq-server');
  };
}

async function withBrew(): Promise<Install | undefined> {
  if (!(await succeeds('brew', ['--version']))) return undefined;
  return () => run('brew', ['install', 'rabbitmq'], { fix: advice() });
}

function advice(): string {
  const or = 'or start Docker, or set AMQP_URL and AMQP_MANAGEMENT_URL to a broker you have.';
  if (process.platform === 'darwin') return `Run: brew install rabbitmq ${or}`;
  if (existsSync('/usr/bin/apt-get'))
    return `Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends rabbitmq-server ${or}`;
  return `Install RabbitMQ 3.10 or later (https://www.rabbitmq.com/docs/download), ${or}`;
}
