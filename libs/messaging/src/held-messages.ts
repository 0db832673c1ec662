import { SICK_AFTER } from './dependencies.js';

/** Pause between the first failure and the second try; it doubles with each try. Milliseconds. */
const FIRST_PAUSE_MS = 250;
/** Longest pause, so that work resumes within seconds of the recovery. Milliseconds. */
const MAX_PAUSE_MS = 2_000;
/**
 * Tries of a message before a success of its dependency with other messages counts against it, since the dependency
 * may have recovered during a try.
 */
const TRIES_BEFORE_CHARGE = 3;
/**
 * Probes with held messages between two probes with a fresh one: the held messages may be what the dependency fails
 * on.
 */
const PROBES_PER_FRESH_ONE = SICK_AFTER;

/** The failure of a message. Instants are in ms of a monotonic clock. */
export interface Failure {
  readonly dependency: string;
  readonly mayBePoison: boolean;
  readonly retryAfterMs?: number;
}

interface Held extends Failure {
  readonly since: number;
  readonly failedAt: number;
  readonly tries: number;
  readonly notBefore: number;
  /** The message is being handled again. */
  readonly trying: boolean;
}

/** Next actions: messages to try again, and whether to fetch one that has not been tried. */
export interface Due<M> {
  readonly retries: readonly M[];
  readonly fresh: boolean;
}

/**
 * The messages of one queue that wait for a dependency, with the time of their next try. While fewer than three have
 * failed with no success between, each is tried by itself and the queue continues. From three on the queue is paused:
 * one message at a time probes, and the first success releases all others. This class only decides; the consumer
 * acts.
 */
export class HeldMessages<M> {
  readonly #held = new Map<M, Held>();
  /** Messages that failed since the last success. */
  readonly #failing = new Set<M>();
  #paused = false;
  /** The failure that paused the queue. */
  #pausedBy: Failure | undefined;
  #probing: 'held' | 'fresh' | undefined;
  #probes = 0;
  #probeAt = 0;

  /** No messages are to be taken from the queue. */
  get paused(): boolean {
    return this.#paused;
  }

  get size(): number {
    return this.#held.size;
  }

  /** @param hasSucceededSince whether the dependency has worked for other messages after an instant */
  failsAlone(message: M, hasSucceededSince: (instant: number) => boolean): boolean {
    const held = this.#held.get(message);
    return held !== undefined && held.tries >= TRIES_BEFORE_CHARGE && hasSucceededSince(held.failedAt);
  }

  hold(message: M, failure: Failure, now: number): void {
    const before = this.#held.get(message);
    const tries = (before?.tries ?? 0) + 1;
    const notBefore = now + Math.max(pauseAfter(tries), failure.retryAfterMs ?? 0);
    // Deleted first, so that the message tried last moves to the end of the order.
    this.#held.delete(message);
    this.#held.set(message, {
      ...failure,
      since: before?.since ?? now,
      failedAt: now,
      tries,
      notBefore,
      trying: false,
    });
    this.#failing.add(message);
    if (this.#isProbe(before)) this.#probeFailed(now, failure);
    else if (!this.#paused && this.#failing.size >= SICK_AFTER) this.#pause(now, failure);
  }

  /** Holds a message that waited for its turn when the queue was paused. Costs no try. */
  holdUntried(message: M, now: number): void {
    const before = this.#held.get(message);
    const untried = { since: now, failedAt: now, tries: 0, ...this.#pausedBy!, ...before };
    this.#held.set(message, { ...untried, notBefore: now, trying: false });
  }

  /**
   * Removes a message that has an ending.
   * @returns true when this ends the pause of the queue
   */
  settled(message: M): boolean {
    this.#held.delete(message);
    this.#failing.clear();
    this.#probing = undefined;
    if (!this.#paused) return false;
    this.#paused = false;
    for (const [one, held] of this.#held) this.#held.set(one, { ...held, notBefore: 0 });
    return true;
  }

  due(now: number): Due<M> {
    if (!this.#paused) return { retries: this.#take(([, { notBefore }]) => notBefore <= now), fresh: false };
    if (this.#probing || now < this.#probeAt) return { retries: [], fresh: false };
    const next = [...this.#held].find(([, { trying }]) => !trying)?.[0];
    const fresh =
      next === undefined ||
      (this.#held.get(next)!.mayBePoison && this.#probes % (PROBES_PER_FRESH_ONE + 1) === PROBES_PER_FRESH_ONE);
    this.#probing = fresh ? 'fresh' : 'held';
    return fresh
      ? { retries: [], fresh: true }
      : { retries: this.#take(([message]) => message === next), fresh: false };
  }

  /** The queue was empty, or its message was only published again. */
  freshProbeTriedNothing(now: number): void {
    if (this.#probing !== 'fresh') return;
    this.#probing = undefined;
    this.#probes += 1;
    this.#probeAt = this.#held.size > 0 ? now : now + MAX_PAUSE_MS;
  }

  /** Takes the messages held since before `instant` (default: all), to be returned to their queue. */
  takeForReturn(instant = Infinity): M[] {
    const taken = this.#take(([, { since }]) => since < instant);
    for (const message of taken) this.#held.delete(message);
    return taken;
  }

  /** Forgets all messages, because their channel has closed. */
  reset(): void {
    this.#held.clear();
    this.#failing.clear();
    this.#paused = false;
    this.#probing = undefined;
  }

  #pause(now: number, failure: Failure): void {
    this.#paused = true;
    this.#pausedBy = failure;
    this.#probing = undefined;
    this.#probes = 0;
    this.#probeAt = now + Math.max(FIRST_PAUSE_MS, failure.retryAfterMs ?? 0);
  }

  /**
   * Excludes a message that was already being handled when the queue was paused: its failure must not lengthen the
   * pauses.
   */
  #isProbe(before: Held | undefined): boolean {
    return (this.#probing === 'held' && before?.trying === true) || (this.#probing === 'fresh' && before === undefined);
  }

  #probeFailed(now: number, failure: Failure): void {
    this.#probing = undefined;
    this.#probes += 1;
    this.#probeAt = now + Math.max(pauseAfter(this.#probes), failure.retryAfterMs ?? 0);
  }

  /** Marks messages as being tried. They stay held until they have an ending, so that their tries are counted. */
  #take(wanted: (entry: [M, Held]) => boolean): M[] {
    const taken = [...this.#held].filter(([message, held]) => !held.trying && wanted([message, held]));
    for (const [message, held] of taken) this.#held.set(message, { ...held, trying: true });
    return taken.map(([message]) => message);
  }
}

const pauseAfter = (tries: number): number => Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), MAX_PAUSE_MS);
