import { defineCommand, FLAG, TEXT } from '../command.js';
import { carryOut, newConsumer, newEvent, newService } from '../new/generate.js';

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
  run: ({ words: [kind = '', name = '', fact], values: { noun, service, repository, dirty }, mistake }) => {
    if (kind === 'consumer') {
      if (fact === undefined) throw mistake('a consumer needs a service and a fact');
      return carryOut(newConsumer({ service: name, type: fact, repository }), { dirty });
    }
    if (fact !== undefined) throw mistake(`not understood: ${fact}`);
    if (kind === 'service') return carryOut(newService({ service: name, noun }), { dirty });
    if (kind === 'event') return carryOut(newEvent({ type: name, service }), { dirty });
    throw mistake(`not understood: ${kind}`);
  },
});
