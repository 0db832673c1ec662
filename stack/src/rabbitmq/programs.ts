// @ts-nocheck
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

/** @returns {string | undefined} the folder with `rabbitmq-server` */
export function findRabbit() {
  const places = [...PLACES, ...(process.env.PATH ?? '').split(path.delimiter).filter(Boolean)];
  return places.find((place) => existsSync(path.join(place, 'rabbitmq-server')));
}

export const dockerAnswers = () => succeeds('docker', ['version', '--format', '{{.Server.Version}}']);

/**
 * Installs RabbitMQ with the system's package manager, where that takes no password.
 * @param {(what: string) => void} note
 * @returns {Promise<string>} the folder with `rabbitmq-server`
 * @throws {Failure} that says exactly what to install
 */
export async function installRabbit(note) {
  const install = process.platform === 'darwin' ? await withBrew() : await withApt();
  if (install) {
    note('installing RabbitMQ with the package manager');
    await install();
  }
  const found = findRabbit();
  if (found) return found;
  throw new Failure(
    'there is no RabbitMQ on this machine, no Docker that answers, and no way to install it without a password',
    advice(),
  );
}

async function withApt() {
  if (!existsSync('/usr/bin/apt-get')) return undefined;
  const root = process.getuid() === 0;
  if (!root && !(await succeeds('sudo', ['-n', 'true']))) return undefined;
  const apt = (...args) => {
    const command = [...(root ? [] : ['sudo', '-n']), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return run(command[0], command.slice(1), { label: `apt-get ${args[0]}`, fix: advice() });
  };
  return async () => {
    await apt('update'); // with old lists the install asks for versions that are gone
    await apt('install', '-y', '--no-install-recommends', 'rabbitmq-server');
  };
}

async function withBrew() {
  if (!(await succeeds('brew', ['--version']))) return undefined;
  return () => run('brew', ['install', 'rabbitmq'], { fix: advice() });
}

function advice() {
  const or = 'or start Docker, or set AMQP_URL and AMQP_MANAGEMENT_URL to a broker you have.';
  if (process.platform === 'darwin') return `Run: brew install rabbitmq ${or}`;
  if (existsSync('/usr/bin/apt-get'))
    return `Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends rabbitmq-server ${or}`;
  return `Install RabbitMQ 3.10 or later (https://www.rabbitmq.com/docs/download), ${or}`;
}
