import { SharedArray } from 'k6/data';
import { whole } from './settings.js';

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const HOW = 'npm run --silent dev:users -- 20000 > /tmp/tokens.txt makes one; its path must be absolute.';

/**
 * Tokens of the users of this run, in memory once for all VUs. Other lines of the file are skipped: npm writes some.
 */
export const tokens = new SharedArray('tokens', () => {
  if (!__ENV.LOAD_TOKENS) throw new Error(`LOAD_TOKENS does not name a file of tokens. ${HOW}`);
  const found = open(__ENV.LOAD_TOKENS)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => TOKEN.test(line));
  if (found.length < 2) throw new Error(`${__ENV.LOAD_TOKENS} holds fewer than two tokens. ${HOW}`);
  return found.slice(0, whole('LOAD_USERS', found.length, { least: 2, most: 1_000_000 }));
});

/** Returns the token for an iteration; users take turns. */
export const tokenOf = (turn) => tokens[turn % tokens.length];
