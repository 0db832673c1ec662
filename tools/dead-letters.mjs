// Messages that were given up: npm run dead-letters -- list | show <id> | redrive <id | queue | --all> | discard <id | queue | --all> --yes
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { deadLetters } from './lib/dead-letters.mjs';
import { runTool } from './lib/failure.mjs';
import { Home } from './lib/home.mjs';
import { compiled, operatorsBroker } from './lib/operator.mjs';

runTool(async () => {
  await compiled();
  return deadLetters(process.argv.slice(2), await operatorsBroker(new Home()));
});
