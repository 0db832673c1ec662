import { Failure } from '@sluice/stack/failure';
import { commandLine } from '@sluice/stack/usage';

const HELP = 'npm run fuzz -- --help';
const LARGEST_SEED = 999_999;
const MOST_REQUESTS = 10_000_000;
const MOST_SECONDS = 86_400;
const DEFAULT_REQUESTS = 5_000;

export interface Options {
  readonly seed: number;
  readonly requests: number;
  /** The run ends after so many seconds. */
  readonly seconds?: number;
  /** URL of a gateway that runs already. */
  readonly base?: string;
}

const anySeed = (): number => 1 + Math.floor(Math.random() * LARGEST_SEED);

/**
 * @param newSeed for a command line that has none
 * @throws {Failure}
 */
export function fuzzArguments(args: string[], newSeed = anySeed): Options {
  const { seed, requests, seconds, base } = commandLine('fuzz', args).values;
  return {
    seed: seed === undefined ? newSeed() : wholeNumber('--seed', seed, LARGEST_SEED),
    requests: requests === undefined ? DEFAULT_REQUESTS : wholeNumber('--requests', requests, MOST_REQUESTS),
    ...(seconds !== undefined && { seconds: wholeNumber('--seconds', seconds, MOST_SECONDS) }),
    ...(base !== undefined && { base: loopback(base) }),
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Failure(`${name} is "${text}": it must be a whole number from 1 to ${most}`, HELP);
}

/** The fuzz writes, and sends what a firewall may take for an attack: only to this machine. */
function loopback(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(url.hostname))
    return url.origin.replace('localhost', '127.0.0.1');
  throw new Failure(`--base is "${text}": it must be an address of this machine, such as http://127.0.0.1:8080`, HELP);
}

/** The command that repeats a run. */
export const commandOf = ({ seed, requests, base }: Options): string =>
  `npm run fuzz -- --seed ${seed} --requests ${requests}${base ? ` --base ${base}` : ''}`;
