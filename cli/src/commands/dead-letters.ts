import { compiled, operatorsBroker } from '@sluice/stack/rabbitmq/operator';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG, TEXT } from '../command.js';
import { deadLetters, deadLettersRequest } from '../dead-letters.js';

/** The broker is the one of AMQP_URL, else the one of a running `npm start`. */
export const command = defineCommand({
  usage: `npm run dead-letters -- list [queue]          what is there, and why; with a queue its letters one by one
npm run dead-letters -- show <id>             one letter whole
npm run dead-letters -- redrive <id | queue | --all>           home to its queue, to be handled again; twice is safe
npm run dead-letters -- discard <id | queue | --all> --yes     removed for good; written to stdout as lines of JSON
--type <type>, --reason <part of it>, --limit <n>   only some of a queue`,
  options: { type: TEXT, reason: TEXT, limit: TEXT, all: FLAG, yes: FLAG },
  words: [1, 2],
  run: async (line) => {
    const request = deadLettersRequest(line);
    await compiled();
    await deadLetters(request, await operatorsBroker(new StateDirectory()));
  },
});
