/**
 * - `refused`: by the server
 * - `not believed`: its consumer took it from the queue, and made it a dead letter
 * - `nowhere`: no consumer got it
 * - `to itself`: only the consumers of its own sender take it
 * - `allowed`: it is what this user is there for
 * - `BROKEN`: it was not taken and must be
 * - `FORGED`: it was taken and must not be
 */
export const OUTCOMES = ['refused', 'not believed', 'nowhere', 'to itself', 'allowed', 'BROKEN', 'FORGED'] as const;

interface Ending {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly why?: string | undefined;
}

/** Something that a user of the broker or a role of the databases has tried, and how it ended. */
export interface Attempt extends Ending {
  readonly user: string;
  /** A type of message, a queue, an exchange, a table, a database or a statement. */
  readonly what: string;
  readonly way: string;
}

export const isWrong = ({ outcome }: Attempt): boolean => outcome === 'FORGED' || outcome === 'BROKEN';

/**
 * How something ends that nobody may do.
 * @param refusal by the server
 * @param done why it is wrong that there was none
 */
export const forbidden = (refusal: string | undefined, done: string): Ending =>
  refusal === undefined ? { outcome: 'FORGED', why: done } : { outcome: 'refused', why: refusal };
