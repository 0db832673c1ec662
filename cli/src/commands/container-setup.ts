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
  serversOfHome,
} from '@sluice/stack/containers/secrets';
import { makeContainerTls } from '@sluice/stack/containers/tls';
import { closeToPublic, newDatabasePassword } from '@sluice/stack/databases/databases';
import { deadLetters, understoodLetters } from '../dead-letters.js';
import { Failure, runTool } from '@sluice/stack/failure';
import { Home } from '@sluice/stack/home';
import { prepareDatabases } from '@sluice/stack/databases/prepare';
import { Progress } from '@sluice/stack/progress';
import { tail } from '../tail.js';
import { applyUsersAlone, runTopology } from '@sluice/stack/rabbitmq/topology';
import { traceOff, traceOn, understoodTrace } from '../trace.js';
import { commandLine } from '@sluice/stack/usage';
import { databaseServices, inRoot } from '@sluice/stack/workspace';

const home = new Home();
const progress = new Progress();

const STEPS = {
  secrets: () => progress.step('secrets', async () => makeContainerSecrets(home, await given(), await certificates())),
  databases: () =>
    progress.step('databases', async (tell) => {
      const { database, ours } = serversOfHome(home);
      if (ours.database) await closeToPublic(database);
      layOutDatabases(home, await prepareDatabases(database, home, { tell, say: (line) => progress.line(line) }));
    }),
  topology: async (args) => {
    const broker = await withUsers(home, serversOfHome(home).broker);
    const code = await runTopology(args, broker);
    if (code === 0) layOutBroker(home, broker);
    return code;
  },
  'dead-letters': (args) =>
    deadLetters(understoodLetters(commandLine('dead-letters', args)), serversOfHome(home).broker),
  tail: (args) => {
    const { words, values } = commandLine('tail', args);
    return tail(words.length > 0 ? words : ['#'], serversOfHome(home).broker, { json: values.json ?? false });
  },
  trace: (args) => {
    const { state, json } = understoodTrace(commandLine('trace', args));
    return (state === 'off' ? traceOff : traceOn)(serversOfHome(home).broker, { json });
  },
  audit: (args) => {
    const { database, broker } = serversOfHome(home);
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
  const { broker, database } = serversOfHome(home);
  const { passwords, ...found } = await withUsers(home, broker);
  if (passwords) {
    const changed = { ...found, passwords: newBrokerPassword(home, service) };
    await applyUsersAlone(changed);
    layOutBroker(home, changed);
  }
  if (databaseServices().includes(service))
    layOutDatabases(home, { [service]: await newDatabasePassword(database, service, home) });
}

/** For servers that speak TLS alone: deploy/tls. */
const certificates = async () =>
  process.env.SERVERS_TLS === 'true' ? makeContainerTls(home, containerServices()) : undefined;

/** What was set by hand, as a variable or as a file. */
async function given() {
  const { variable } = await import(inRoot('libs/service-kit/dist/variable.js'));
  try {
    return Object.fromEntries(GIVEN.map((name) => [name, variable(name, process.env)]));
  } catch (error) {
    throw new Failure(error.message);
  }
}

runTool(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (!Object.hasOwn(STEPS, name ?? '')) throw new Failure(`which step? ${Object.keys(STEPS).join(', ')}`);
  if (name !== 'secrets') Object.assign(process.env, serversOfHome(home).trust);
  return STEPS[name](args);
});
