// @ts-nocheck
// Messages that were given up: npm run dead-letters -- list | show <id> | redrive <id | queue | --all> | discard <id | queue | --all> --yes
// The broker is the one of AMQP_URL, else the one of a running `npm start`.
import { deadLetters, understoodLetters } from '../dead-letters.js';
import { runCommand } from '@sluice/stack/failure';
import { StateDirectory } from '@sluice/stack/state-directory';
import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { commandLine } from '@sluice/stack/usage';

runCommand(async () => {
  const asked = understoodLetters(commandLine('dead-letters'));
  await compiled();
  return deadLetters(asked, await operatorsBroker(new StateDirectory()));
});
