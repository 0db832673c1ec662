import { parseArgs } from 'node:util';
import { messageOf } from '@sluice/stack/errors';
import { Failure } from '@sluice/stack/failure';
import { LONG_FAULTS, type Form } from './plan.js';

export const USAGE = `npm run chaos                  kills, cuts, stalls and freezes whatever Sluice is made of, under load, and looks whether anything was lost
  -- --seed <n>                the same faults in the same order at the same times as the run that printed this seed
  -- --seeds <n>               that many runs, one after the other, each with a new system; from --seed on, or from a new one
  -- --short                   those faults that find the most, in about two minutes
  -- --long                    instead: environments that are sick for minutes, half an hour in all
  -- --long --scale <share>    each for that share of its time, such as 0.1
  -- --long --only <faults>    some of them, by comma: ${LONG_FAULTS.join(', ')}
  -- --restore                 instead: puts the databases of before back beside an empty broker, by npm run restore
  -- --upgrade                 instead: every process replaced by one of the next version, under load, in about two minutes
  -- --upgrade --from <rev>    from that revision of git to this tree
  -- --specs                   instead: the end-to-end tests that take minutes each, which npm test leaves out
  -- --help
It starts a system of its own beside whatever else runs here, and removes it. Exits with 1 when anything was lost or doubled,
did not recover, or did not add up.`;

const MOST_SEEDS = 1_000;
/** So that seeds are easily typed. */
const LARGEST_SEED = 999_999;

/** Less, and a fault would end before any request has met it. */
const SHORTEST = 0.02;
const HELP = 'npm run chaos -- --help';

export interface Options extends Form {
  help: boolean;
  short: boolean;
  long: boolean;
  restore: boolean;
  upgrade: boolean;
  specs: boolean;
  scale: number;
  seed: number;
  seeds: number;
}

/** @param newSeed when none is given @throws Failure */
export function chaosArguments(
  args: readonly string[],
  newSeed = (): number => 1 + Math.floor(Math.random() * LARGEST_SEED),
): Options {
  const values = valuesOf(args);
  const { help = false, short = false, long = false, restore = false, upgrade = false, specs = false } = values;
  const { seed, seeds, scale, only, from } = values;
  if ([short, long, restore, upgrade].filter(Boolean).length > 1)
    throw new Failure('a run is short, long, a restore or an upgrade: one of them', HELP);
  if (!upgrade && from !== undefined) throw new Failure('--from is of an upgrade: say --upgrade too', HELP);
  if (specs && args.length > 1) throw new Failure('--specs takes no other option', HELP);
  if (!long && (scale !== undefined || only !== undefined))
    throw new Failure('--scale and --only are of the long form: say --long too', HELP);
  return {
    help,
    short,
    long,
    restore,
    upgrade,
    specs,
    ...(from !== undefined && { from }),
    scale: scale === undefined ? 1 : share('--scale', scale),
    ...(only !== undefined && { only: faults(only) }),
    seed: seed === undefined ? newSeed() : wholeNumber('--seed', seed, LARGEST_SEED),
    seeds: seeds === undefined ? 1 : wholeNumber('--seeds', seeds, MOST_SEEDS),
  };
}

const FLAG = { type: 'boolean' } as const;
const VALUE = { type: 'string' } as const;

function valuesOf(args: readonly string[]) {
  const options = {
    help: FLAG,
    short: FLAG,
    long: FLAG,
    restore: FLAG,
    upgrade: FLAG,
    specs: FLAG,
    from: VALUE,
    seed: VALUE,
    seeds: VALUE,
    scale: VALUE,
    only: VALUE,
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new Failure(messageOf(error), HELP);
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Failure(`${name} is "${text}": it must be a whole number from 1 to ${most}`, HELP);
}

function share(name: string, text: string): number {
  const number = Number(text);
  if (number >= SHORTEST && number <= 1) return number;
  throw new Failure(`${name} is "${text}": it must be a number from ${SHORTEST} to 1`, HELP);
}

function faults(text: string): string[] {
  const keys = text.split(',');
  const unknown = keys.filter((key) => !LONG_FAULTS.some((fault) => fault === key));
  if (unknown.length > 0)
    throw new Failure(`--only does not know "${unknown.join(', ')}": there are ${LONG_FAULTS.join(', ')}`, HELP);
  return keys;
}

/** The arguments of that form, without its seed. */
export const formArguments = ({ short, long, restore, upgrade, from, scale = 1, only }: Form): string[] => [
  ...(short ? ['--short'] : []),
  ...(long ? ['--long'] : []),
  ...(restore ? ['--restore'] : []),
  ...(upgrade ? ['--upgrade'] : []),
  ...(from !== undefined ? ['--from', from] : []),
  ...(scale === 1 ? [] : ['--scale', String(scale)]),
  ...(only ? ['--only', only.join(',')] : []),
];

/** @returns the command that repeats this run */
export const commandOf = ({ seed, ...form }: Form & { seed: number }): string =>
  `npm run chaos -- ${[...formArguments(form), '--seed', seed].join(' ')}`;
