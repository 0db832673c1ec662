import {
  GIVEN,
  layOutBroker,
  layOutDatabases,
  makeContainerSecrets,
  recordedServers,
} from '@sluice/stack/containers/secrets';
import { makeContainerTls } from '@sluice/stack/containers/tls';
import { closeToPublic, newDatabasePassword } from '@sluice/stack/databases/databases';
import { prepareDatabases } from '@sluice/stack/databases/prepare';
import { messageOf } from '@sluice/stack/errors';
import { Failure } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { loadCompiled } from '@sluice/stack/build/compiled';
import { applyMonitor, applyUsersAlone, runTopology } from '@sluice/stack/rabbitmq/topology';
import { newBrokerPassword, withUsers } from '@sluice/stack/rabbitmq/users';
import { StateDirectory, type ContainerServers } from '@sluice/stack/state-directory';
import { allServices, databaseServices } from '@sluice/stack/workspace';
import type { ExitCode } from './command.js';
import { command as audit } from './commands/audit.js';
import { command as deadLetters } from './commands/dead-letters.js';
import { command as reannounce } from './commands/reannounce.js';
import { command as tail } from './commands/tail.js';
import { command as trace } from './commands/trace.js';

/** The volume of secrets is the state directory of a system in containers. */
const stateDirectory = new StateDirectory();
const progress = new Progress();
/** As the administrator of the broker. */
const broker = () => recordedServers(stateDirectory).broker;

const STEPS = new Map<string, (args: string[]) => Promise<ExitCode>>([
  ['secrets', () => progress.step('secrets', makeSecrets)],
  ['databases', () => progress.step('databases', makeDatabases)],
  ['topology', applyTopology],
  ['dead-letters', (args) => deadLetters.execute(args)],
  ['tail', (args) => tail.execute(args)],
  ['trace', (args) => trace.execute(args)],
  ['audit', (args) => audit.execute(args)],
  ['reannounce', (args) => reannounce.execute(args)],
  ['rotate', ([service = '']) => progress.step(`new passwords for ${service}`, () => rotate(service))],
]);

export const STEP_NAMES = [...STEPS.keys()];

/** @throws {Failure} when there is no such step */
export async function runContainerStep(name: string, args: string[]): Promise<ExitCode> {
  const step = STEPS.get(name);
  if (!step) throw new Failure(`which step? ${STEP_NAMES.join(', ')}`);
  if (name !== 'secrets') Object.assign(process.env, administratorsEnvironment(recordedServers(stateDirectory)));
  return step(args);
}

/** By which every command finds the servers. */
const administratorsEnvironment = ({ database, broker, trust }: ContainerServers): Record<string, string> => ({
  DATABASE_URL: database,
  AMQP_URL: broker.url,
  AMQP_MANAGEMENT_URL: broker.managementUrl ?? '',
  ...trust,
});

async function makeSecrets(): Promise<void> {
  const given = await givenSettings();
  // Certificates are for servers that accept TLS alone: deploy/tls.
  const tls = process.env.SERVERS_TLS === 'true' ? await makeContainerTls(stateDirectory, allServices()) : undefined;
  makeContainerSecrets(stateDirectory, given, tls);
}

/** Settings that were made by hand, as a variable or as a file. */
async function givenSettings(): Promise<Record<string, string | undefined>> {
  const { variable } = (await loadCompiled('libs/service-kit/dist/variable.js')) as {
    variable(name: string, env: NodeJS.ProcessEnv): string | undefined;
  };
  try {
    return Object.fromEntries(GIVEN.map((name) => [name, variable(name, process.env)]));
  } catch (error) {
    throw new Failure(messageOf(error));
  }
}

async function makeDatabases(note: (detail: string) => void): Promise<void> {
  const { database, ours } = recordedServers(stateDirectory);
  if (ours.database) await closeToPublic(database);
  const printLine = (line: string): void => progress.line(line);
  layOutDatabases(stateDirectory, await prepareDatabases(database, stateDirectory, { note, printLine }));
}

async function applyTopology(args: string[]): Promise<number> {
  const access = await withUsers(stateDirectory, broker());
  const code = await runTopology(args, access);
  if (code !== 0) return code;
  const { MONITORING_USER } = process.env;
  if (MONITORING_USER) await applyMonitor(access, MONITORING_USER);
  layOutBroker(stateDirectory, access);
  return code;
}

/** Open connections stay open: the service works until it is started again, when it reads the new passwords. */
async function rotate(service: string): Promise<void> {
  if (!allServices().includes(service)) throw new Failure('whose passwords?', `rotate ${allServices().join(' | ')}`);
  const { passwords, ...access } = await withUsers(stateDirectory, broker());
  if (passwords) {
    const changed = { ...access, passwords: newBrokerPassword(stateDirectory, service) };
    await applyUsersAlone(changed);
    layOutBroker(stateDirectory, changed);
  }
  if (databaseServices().includes(service)) {
    const { database } = recordedServers(stateDirectory);
    layOutDatabases(stateDirectory, { [service]: await newDatabasePassword(database, service, stateDirectory) });
  }
}
