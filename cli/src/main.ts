// @ts-nocheck
// The command that start.mjs was asked for, with its arguments behind it.
import { Failure, runCommand } from '@sluice/stack/failure';

const INTERNAL = ['bench-memory', 'container-setup', 'schema-engine'];
const COMMANDS =
  'audit bench build chaos contracts:publish dead-letters dev:users fuzz load migrate mutate prisma reset restart rights start stop style tail test topology trace typecheck'.split(
    ' ',
  );
const [, , name] = process.argv;

if (![...COMMANDS, ...INTERNAL].includes(name))
  await runCommand(() => {
    throw new Failure(`there is no command ${name}`, COMMANDS.join(' | '));
  });
process.argv.splice(2, 1);
await import(`./commands/${name === 'contracts:publish' ? 'contracts' : name.replace(':', '-')}.js`);
