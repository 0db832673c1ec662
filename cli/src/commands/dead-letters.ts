import { ensureCompiled } from '@sluice/stack/build/compiled';
import { administratorsBroker } from '@sluice/stack/rabbitmq/administration';
import { StateDirectory } from '@sluice/stack/state-directory';
import { defineCommand, FLAG, TEXT } from '../command.js';
import { deadLetters, isAction } from '../dead-letters.js';

export const command = defineCommand({
  usage: `npm run dead-letters -- list [queue]          what is there, and why; with a queue its letters one by one
npm run dead-letters -- show <id>             one letter whole
npm run dead-letters -- redrive <id | queue | --all>           home to its queue, to be handled again; twice is safe
npm run dead-letters -- discard <id | queue | --all> --yes     removed for good; written to stdout as lines of JSON
--type <type>, --reason <part of it>, --limit <n>   only some of a queue`,
  options: { type: TEXT, reason: TEXT, limit: TEXT, all: FLAG, yes: FLAG },
  words: [1, 2],
  run: async ({ words: [action = '', what], values, args, mistake }) => {
    const { type, reason, all = false, yes = false } = values;
    const limit = values.limit === undefined ? undefined : Number(values.limit);
    const isComplete = action === 'list' || (action === 'show' ? what !== undefined : Boolean(what) !== all);
    const isBounded = limit === undefined || (Number.isInteger(limit) && limit > 0);
    if (!isAction(action) || !isComplete || !isBounded) throw mistake(`not understood: ${args.join(' ')}`);
    await ensureCompiled();
    const request = { action, what, filter: { type, reason, limit }, confirmed: yes };
    await deadLetters(request, await administratorsBroker(new StateDirectory()));
  },
});
