import { defineCommand, FLAG, TEXT } from '../command.js';
import { generate, isKind } from '../new/generate.js';

export const command = defineCommand({
  usage: `npm run new -- service <name> [--noun <word>]
npm run new -- event <entity>.<what happened> [--service <name>]
npm run new -- consumer <service> <fact> [--repository <class>]
  service              a service with a database, in apps/<name>: it consumes order.completed exactly once, answers the
                       query <name>.count, and has its contracts, migration, specs, container, alert and line of the audit
  --noun <word>        what one of its rows is; otherwise the singular of its name
  event                a fact: its contract, published. A rule publishes it by returning it in \`messages\`
  --service <name>     the service that owns the entity, when the entity is new and not named like its service
  consumer             the line of the map, the method of the listener, and a rule with its spec that changes nothing yet
  --repository <class> the repository that stores what the fact changes, when the listener has several
  --dirty              also when a file that it changes has changes that are not committed
What each generated file is for: docs/add-a-service.md`,
  options: { noun: TEXT, service: TEXT, repository: TEXT, dirty: FLAG },
  words: [2, 3],
  run: async ({ words: [kind = '', name = '', fact], values, mistake }) => {
    if (!isKind(kind)) throw mistake(`not understood: ${kind}`);
    if ((kind === 'consumer') !== (fact !== undefined))
      throw mistake(fact === undefined ? 'a consumer needs a service and a fact' : `not understood: ${fact}`);
    return generate(kind, { ...values, name, fact });
  },
});
