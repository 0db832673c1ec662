// @ts-nocheck
import { createHash } from 'node:crypto';
import { VHOST } from './node.js';
import { run, succeeds } from '../run.js';

const IMAGE = 'rabbitmq:4-management';

const nameOf = (stateDirectory) =>
  `sluice-${createHash('sha256').update(stateDirectory.dir).digest('hex').slice(0, 12)}`;

/** Starts the broker in a container whose data is a volume of the same name. The password does not show on the command line. */
export async function runContainer(stateDirectory, { ports, user, password }) {
  await endContainer(stateDirectory);
  const name = nameOf(stateDirectory);
  const publish = ['-p', `127.0.0.1:${ports.amqp}:5672`, '-p', `127.0.0.1:${ports.management}:15672`];
  const identity = ['--name', name, '--hostname', 'sluice']; // the host's name is part of the node's, and so of its data's
  const settings = [
    '-e',
    'RABBITMQ_DEFAULT_USER',
    '-e',
    'RABBITMQ_DEFAULT_PASS',
    '-e',
    'RABBITMQ_DEFAULT_VHOST',
    '-v',
    `${name}:/var/lib/rabbitmq`,
  ];
  const env = {
    ...process.env,
    RABBITMQ_DEFAULT_USER: user,
    RABBITMQ_DEFAULT_PASS: password,
    RABBITMQ_DEFAULT_VHOST: VHOST,
  };
  const fix = 'Pull it by hand (docker pull rabbitmq:4-management), install RabbitMQ, or set AMQP_URL.';
  await run('docker', ['run', '--detach', '--rm', ...identity, ...publish, ...settings, IMAGE], { env, fix });
}

export const containerRuns = async (stateDirectory) =>
  (await run('docker', ['ps', '--quiet', '--filter', `name=^${nameOf(stateDirectory)}$`]).catch(() => '')).trim() !==
  '';

/** `stop` sends SIGTERM and waits; the container removes itself. */
export const endContainer = (stateDirectory) => succeeds('docker', ['stop', '--time', '30', nameOf(stateDirectory)]);

export const containerLog = (stateDirectory) =>
  run('docker', ['logs', '--tail', '20', nameOf(stateDirectory)]).catch(() => '');

export const removeVolume = (stateDirectory) => succeeds('docker', ['volume', 'rm', '--force', nameOf(stateDirectory)]);
