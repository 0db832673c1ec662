import { parseArgs } from 'node:util';
import { Failure } from '../failure.mjs';

export const USAGE = `npm run chaos                  kills, cuts, stalls and freezes whatever Sluice is made of, under load, and looks whether anything was lost
  -- --seed <n>                the same faults in the same order at the same times as the run that printed this seed
  -- --seeds <n>               that many runs, one after the other, each with a new system; from --seed on, or from a new one
  -- --short                   those faults that find the most, in about two minutes
  -- --help
It starts a system of its own beside whatever else runs here, and removes it. Exits with 1 when anything was lost or doubled,
did not recover, or did not add up.`;

const MOST_SEEDS = 1_000;
/** So that seeds are easily typed. */
const LARGEST_SEED = 999_999;

/**
 * @param {string[]} args @param {() => number} [newSeed] for who gives none
 * @returns {{ help: boolean, short: boolean, seed: number, seeds: number }}
 * @throws {Failure}
 */
export function chaosArguments(args, newSeed = () => 1 + Math.floor(Math.random() * LARGEST_SEED)) {
  const { help = false, short = false, seed, seeds } = valuesOf(args);
  return { help, short, seed: seed === undefined ? newSeed() : wholeNumber('--seed', seed, LARGEST_SEED), seeds: seeds === undefined ? 1 : wholeNumber('--seeds', seeds, MOST_SEEDS) };
}

function valuesOf(args) {
  const flag = { type: /** @type {const} */ ('boolean') };
  const value = { type: /** @type {const} */ ('string') };
  try {
    return parseArgs({ args, options: { help: flag, short: flag, seed: value, seeds: value } }).values;
  } catch (error) {
    throw new Failure(error.message, 'npm run chaos -- --help');
  }
}

function wholeNumber(name, text, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Failure(`${name} is "${text}": it must be a whole number from 1 to ${most}`, 'npm run chaos -- --help');
}

/** @returns {string} what does this very run again */
export const commandOf = ({ seed, short }) => `npm run chaos -- ${short ? '--short ' : ''}--seed ${seed}`;
