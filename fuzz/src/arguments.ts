import { Failure } from '@sluice/stack/failure';
import { parseCommandLine } from '@sluice/stack/command-line';

const TEXT = { type: 'string' } as const;

export const FUZZ_SYNTAX = {
  usage: `npm run fuzz -- [--requests <n>] [--seconds <n>] [--seed <n>] [--base <url>]
  --requests <n>       about so many; 5000 without
  --seconds <n>        ends after so long, also with fewer
  --seed <n>           the same requests as the run that printed this seed, as far as the answers name the same things
  --base <url>         a gateway that runs on this machine, with the accounts of the development seed; without, a system of its own
Sends what /openapi.json allows and what it does not, and judges every answer by it. With --base and DATABASE_URL, AMQP_URL and
AMQP_MANAGEMENT_URL also looks whether a refused request has written. Exits with 1 when anything was wrong.`,
  options: { requests: TEXT, seconds: TEXT, seed: TEXT, base: TEXT },
};

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
  const { seed, requests, seconds, base } = parseCommandLine(FUZZ_SYNTAX, args).values;
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
