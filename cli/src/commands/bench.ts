import { defineCommand, NO_LIMIT } from '../command.js';
import { runBench } from '../benches.js';

export const command = defineCommand({
  usage: 'npm run bench -- <name>\nMeasures, with a PostgreSQL and a RabbitMQ of its own.',
  words: [1, NO_LIMIT],
  run: ({ words: [name = '', ...args] }) => runBench(name, args),
});
