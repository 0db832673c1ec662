import { defineCommand, NO_LIMIT, TEXT } from '../command.js';
import { developServices, developSystem, inspectorOf, requireServices } from '../dev.js';

export const command = defineCommand({
  usage: `npm run dev -- [--inspect <service>[:port]] [service ...]
  --inspect <service>  lets a debugger attach to the service, at 127.0.0.1, port 9229 by default: docs/debugging.md
Starts everything as npm start does, and compiles after each change of the sources. Restarts the services whose code has
changed, in order; after an error of the compiler they keep running.
With services: those of the npm start that runs in another terminal, with their logs and the settings of this terminal.
When it ends, they are restarted with the settings of npm start.`,
  options: { inspect: TEXT },
  words: [0, NO_LIMIT],
  run: async ({ words: services, values: { inspect }, mistake }) => {
    requireServices(services);
    const inspector = inspect === undefined ? undefined : await inspectorOf(inspect);
    if (services.length === 0) return developSystem(inspector);
    if (inspector && !services.includes(inspector.service))
      throw mistake(`--inspect ${inspector.service}: it is not one of ${services.join(', ')}`);
    return developServices(services, inspector);
  },
});
