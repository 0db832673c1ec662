// Messages that were given up: npm run dead-letters -- list | show <id> | redrive <id | queue | --all> | discard <id | queue | --all> --yes
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import './lib/node-version.mjs';
import { deadLetters, understoodLetters } from './lib/dead-letters.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { compiled, operatorsBroker } from './lib/operator.mjs';
import { commandLine } from './lib/usage.mjs';

runTool(async () => {
  const asked = understoodLetters(commandLine('dead-letters'));
  await compiled();
  return deadLetters(asked, await operatorsBroker(new Home()));
});
