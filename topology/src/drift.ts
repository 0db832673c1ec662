/** An object that exists with other arguments than on the map. */
export interface Drift {
  /** Either "queue" or "exchange". */
  what: string;
  name: string;
  argument: string;
  wanted: string;
  found: string;
}

/**
 * RabbitMQ's message: "inequivalent arg 'x-max-length' for queue 'a' in vhost '/': received the value '5' of type
 * 'long' but current is the value '10' ...".
 */
const INEQUIVALENT =
  /inequivalent arg '([^']+)' for (queue|exchange) '([^']+)' in vhost '[^']*': received (.+?) but current is (.+?)"?$/s;

/** @throws the error itself when it is not a refusal because of other arguments (406) */
export function driftOf(name: string, error: unknown): Drift {
  const match = error instanceof Error ? INEQUIVALENT.exec(error.message) : null;
  if (!match) throw error;
  const [, argument = '', what = '', , wanted = '', found = ''] = match;
  return { what, name, argument, wanted: plain(wanted), found: plain(found) };
}

const plain = (value: string): string => (/^none\b/.test(value) ? 'not set' : (/'([^']*)'/.exec(value)?.[1] ?? value));

/**
 * Drift is not corrected automatically: the arguments of a queue are fixed at its declaration, and it may hold
 * messages.
 */
export class DriftError extends Error {
  override readonly name = 'DriftError';

  constructor(readonly drifts: readonly Drift[]) {
    super(drifts.map(explain).join('\n'));
  }
}

/** Source of the arguments. */
const MADE_IN = 'libs/contracts/src/kit/layout.ts, and the settings that it is given';

const explain = ({ what, name, argument, wanted, found }: Drift): string =>
  `${what} ${name} exists with ${argument}: ${found}, and the map wants ${wanted}. ` +
  (what === 'queue'
    ? `Either change it back (${MADE_IN}), or stop every process of ${name.split('.', 1)[0]} and run ` +
      `"npm run topology -- switch ${name}", which recreates the queue and keeps its messages.`
    : `Either change it back (${MADE_IN}), or delete the exchange and run "npm run topology" again, which binds it ` +
      'again; what is published meanwhile is retried.');
