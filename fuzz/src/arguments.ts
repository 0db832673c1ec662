// @ts-nocheck
import { Failure } from '@sluice/stack/failure';
import { commandLine } from '@sluice/stack/usage';

const HELP = 'npm run fuzz -- --help';
const LARGEST_SEED = 999_999;
const DEFAULT_REQUESTS = 5_000;

/**
 * @typedef {{ seed: number, requests: number, seconds?: number, base?: string }} Options
 * @param {string[]} args @param {() => number} [newSeed] for who gives none @returns {Options} @throws {Failure}
 */
export function fuzzArguments(args, newSeed = () => 1 + Math.floor(Math.random() * LARGEST_SEED)) {
  const { seed, requests, seconds, base } = commandLine('fuzz', args).values;
  return {
    seed: seed === undefined ? newSeed() : wholeNumber('--seed', seed, LARGEST_SEED),
    requests: requests === undefined ? DEFAULT_REQUESTS : wholeNumber('--requests', requests, 10_000_000),
    ...(seconds !== undefined && { seconds: wholeNumber('--seconds', seconds, 86_400) }),
    ...(base !== undefined && { base: loopback(base) }),
  };
}

function wholeNumber(name, text, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Failure(`${name} is "${text}": it must be a whole number from 1 to ${most}`, HELP);
}

/** It writes, and sends what a firewall may take for an attack: only to this machine. */
function loopback(text) {
  const url = URL.parse?.(text) ?? (URL.canParse(text) ? new URL(text) : undefined);
  if (url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname))
    return url.origin.replace('localhost', '127.0.0.1');
  throw new Failure(`--base is "${text}": it must be an address of this machine, such as http://127.0.0.1:8080`, HELP);
}

/** @param {Options} options @returns {string} what does this very run again */
export const commandOf = ({ seed, requests, base }) =>
  `npm run fuzz -- --seed ${seed} --requests ${requests}${base ? ` --base ${base}` : ''}`;
