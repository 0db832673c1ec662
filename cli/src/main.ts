// node start.mjs <command> [arguments]: runs one command of the table, and exits with its code.
import { Failure, runCommand } from '@sluice/stack/failure';
import { COMMANDS, INTERNAL_COMMANDS } from './commands.js';

const [, , name = '', ...args] = process.argv;

await runCommand(async () => {
  const table = { ...COMMANDS, ...INTERNAL_COMMANDS };
  const load = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!load) throw new Failure(`there is no command ${name}`, Object.keys(COMMANDS).join(' | '));
  const { command } = await load();
  return command.execute(args);
});
