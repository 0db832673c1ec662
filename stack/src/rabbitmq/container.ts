import { createHash } from 'node:crypto';
import { run, succeeds } from '../run.js';
import type { RabbitState, StateDirectory } from '../state-directory.js';
import { ERLANG_ARGUMENTS, VHOST } from './settings.js';

const IMAGE = 'rabbitmq:4-management';

const nameOf = ({ dir }: StateDirectory): string =>
  `sluice-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;

/** Starts the broker in a container; its data is a volume of the same name. No password is on the command line. */
export async function runContainer(
  stateDirectory: StateDirectory,
  { ports, user, password }: Required<Pick<RabbitState, 'ports' | 'user' | 'password'>>,
): Promise<void> {
  await endContainer(stateDirectory);
  const name = nameOf(stateDirectory);
  const publish = ['-p', `127.0.0.1:${ports.amqp}:5672`, '-p', `127.0.0.1:${ports.management}:15672`];
  // The host's name is part of the node's name, and so of the path of its data.
  const identity = ['--name', name, '--hostname', 'sluice'];
  const variables = {
    RABBITMQ_DEFAULT_USER: user,
    RABBITMQ_DEFAULT_PASS: password,
    RABBITMQ_DEFAULT_VHOST: VHOST,
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: ERLANG_ARGUMENTS,
  };
  const settings = [
    ...Object.keys(variables).flatMap((variable) => ['-e', variable]),
    '-v',
    `${name}:/var/lib/rabbitmq`,
  ];
  await run('docker', ['run', '--detach', '--rm', ...identity, ...publish, ...settings, IMAGE], {
    env: { ...process.env, ...variables },
    fix: 'Pull it by hand (docker pull rabbitmq:4-management), install RabbitMQ, or set AMQP_URL.',
  });
}

export const containerRuns = async (stateDirectory: StateDirectory): Promise<boolean> =>
  (await run('docker', ['ps', '--quiet', '--filter', `name=^${nameOf(stateDirectory)}$`]).catch(() => '')).trim() !==
  '';

/** `stop` sends SIGTERM and waits; the container removes itself. */
export const endContainer = (stateDirectory: StateDirectory): Promise<boolean> =>
  succeeds('docker', ['stop', '--time', '30', nameOf(stateDirectory)]);

export const containerLog = (stateDirectory: StateDirectory): Promise<string> =>
  run('docker', ['logs', '--tail', '20', nameOf(stateDirectory)]).catch(() => '');

export const removeVolume = (stateDirectory: StateDirectory): Promise<boolean> =>
  succeeds('docker', ['volume', 'rm', '--force', nameOf(stateDirectory)]);
