// @ts-nocheck
// The steps that come before the services in docker-compose.yml: node cli/dist/main.js container-setup secrets | databases | topology | rotate <service>;
// and what an operator asks of the whole, with an administrator's rights: audit | dead-letters | tail | trace, with the arguments of `npm run ...`.
// They share the volume of secrets, at SLUICE_HOME. `topology` takes the arguments of `npm run topology`.
import { runAudit, settleArgument } from '@sluice/audit/run';
import { databaseOn } from '@sluice/audit/system';
import { newBrokerPassword, withUsers } from '@sluice/stack/rabbitmq/users';
import {
  containerServices,
  GIVEN,
  layOutBroker,
  layOutDatabases,
  makeContainerSecrets,
  recordedServers,
} from '@sluice/stack/containers/secrets';
import { makeContainerTls } from '@sluice/stack/containers/tls';
import { closeToPublic, newDatabasePassword } from '@sluice/stack/databases/databases';
import { deadLetters, understoodLetters } from '../dead-letters.js';
import { Failure, runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { prepareDatabases } from '@sluice/stack/databases/prepare';
import { Progress } from '@sluice/stack/progress';
import { tail } from '../tail.js';
import { applyUsersAlone, runTopology } from '@sluice/stack/rabbitmq/topology';
import { traceOff, traceOn, understoodTrace } from '../trace.js';
import { commandLine } from '@sluice/stack/usage';
import { databaseServices, inRoot } from '@sluice/stack/workspace';

const stateDirectory = new StateDirectory();
const progress = new Progress();

const STEPS = {
  secrets: () =>
    progress.step('secrets', async () => makeContainerSecrets(stateDirectory, await given(), await certificates())),
  databases: () =>
    progress.step('databases', async (note) => {
      const { database, ours } = recordedServers(stateDirectory);
      if (ours.database) await closeToPublic(database);
      layOutDatabases(
        stateDirectory,
        await prepareDatabases(database, stateDirectory, { note, printLine: (line) => progress.line(line) }),
      );
    }),
  topology: async (args) => {
    const broker = await withUsers(stateDirectory, recordedServers(stateDirectory).broker);
    const code = await runTopology(args, broker);
    if (code === 0) layOutBroker(stateDirectory, broker);
    return code;
  },
  'dead-letters': (args) =>
    deadLetters(understoodLetters(commandLine('dead-letters', args)), recordedServers(stateDirectory).broker),
  tail: (args) => {
    const { words, values } = commandLine('tail', args);
    return tail(words.length > 0 ? words : ['#'], recordedServers(stateDirectory).broker, {
      json: values.json ?? false,
    });
  },
  trace: (args) => {
    const { state, json } = understoodTrace(commandLine('trace', args));
    return (state === 'off' ? traceOff : traceOn)(recordedServers(stateDirectory).broker, { json });
  },
  audit: (args) => {
    const { database, broker } = recordedServers(stateDirectory);
    return runAudit(
      {
        databases: Object.fromEntries(databaseServices().map((service) => [service, databaseOn(database, service)])),
        broker,
      },
      settleArgument(args),
    );
  },
  rotate: ([service]) => progress.step(`new passwords for ${service}`, () => rotate(service)),
};

/** Connections that are open stay open, so the service works until it is started again, which is when it reads the new ones. */
async function rotate(service) {
  if (!containerServices().includes(service))
    throw new Failure('whose passwords?', `rotate ${containerServices().join(' | ')}`);
  const { broker, database } = recordedServers(stateDirectory);
  const { passwords, ...found } = await withUsers(stateDirectory, broker);
  if (passwords) {
    const changed = { ...found, passwords: newBrokerPassword(stateDirectory, service) };
    await applyUsersAlone(changed);
    layOutBroker(stateDirectory, changed);
  }
  if (databaseServices().includes(service))
    layOutDatabases(stateDirectory, { [service]: await newDatabasePassword(database, service, stateDirectory) });
}

/** For servers that speak TLS alone: deploy/tls. */
const certificates = async () =>
  process.env.SERVERS_TLS === 'true' ? makeContainerTls(stateDirectory, containerServices()) : undefined;

/** What was set by hand, as a variable or as a file. */
async function given() {
  const { variable } = await import(inRoot('libs/service-kit/dist/variable.js'));
  try {
    return Object.fromEntries(GIVEN.map((name) => [name, variable(name, process.env)]));
  } catch (error) {
    throw new Failure(error.message);
  }
}

runCommand(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (!Object.hasOwn(STEPS, name ?? '')) throw new Failure(`which step? ${Object.keys(STEPS).join(', ')}`);
  if (name !== 'secrets') Object.assign(process.env, recordedServers(stateDirectory).trust);
  return STEPS[name](args);
});
