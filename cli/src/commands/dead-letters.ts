// @ts-nocheck
// Messages that were given up: npm run dead-letters -- list | show <id> | redrive <id | queue | --all> | discard <id | queue | --all> --yes
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { deadLetters, understoodLetters } from '../dead-letters.js';
import { runTool } from '@sluice/stack/failure';
import { Home } from '@sluice/stack/home';
import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { commandLine } from '@sluice/stack/usage';

runTool(async () => {
  const asked = understoodLetters(commandLine('dead-letters'));
  await compiled();
  return deadLetters(asked, await operatorsBroker(new Home()));
});
