// The steps that come before the services in docker-compose.yml: node tools/container-setup.mjs secrets | databases | topology
// They share the volume of secrets, at SLUICE_HOME. `topology` takes the arguments of `npm run topology`.
import { GIVEN, layOutDatabases, makeContainerSecrets, serversOfHome } from './lib/container-secrets.mjs';
import { Failure, runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { prepareDatabases } from './lib/prepare-databases.mjs';
import { Progress } from './lib/progress.mjs';
import { runTopology } from './lib/topology.mjs';
import { inRoot } from './lib/workspace.mjs';

const home = new Home();
const progress = new Progress();

const STEPS = {
  secrets: () => progress.step('secrets', async () => makeContainerSecrets(home, await given())),
  databases: () =>
    progress.step('databases', async (tell) => {
      const { database } = serversOfHome(home);
      layOutDatabases(home, await prepareDatabases(database, home, { tell, say: (line) => progress.line(line) }));
    }),
  topology: (args) => {
    const { url, managementUrl } = serversOfHome(home).broker;
    return runTopology(args, { ...process.env, AMQP_URL: url, ...(managementUrl && { AMQP_MANAGEMENT_URL: managementUrl }) });
  },
};

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
  return STEPS[name](args);
});
