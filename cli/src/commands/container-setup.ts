import { Failure } from '@sluice/stack/failure';
import { defineCommand, NO_LIMIT } from '../command.js';
import { runContainerStep, STEP_NAMES } from '../container-setup.js';

export const command = defineCommand({
  usage: `node cli/dist/main.js container-setup ${STEP_NAMES.join(' | ')}
The steps before the services in docker-compose.yml, and what an operator does there with an administrator's rights.
They share the volume of secrets, at SLUICE_HOME; arguments are those of npm run <step>, for rotate the service.`,
  words: [0, NO_LIMIT],
  passes: true,
  run: ({ words: [step = '', ...args] }) => {
    if (!STEP_NAMES.includes(step)) throw new Failure(`which step? ${STEP_NAMES.join(', ')}`);
    return runContainerStep(step, args);
  },
});
