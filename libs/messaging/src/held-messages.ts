import { SICK_AFTER } from './dependencies.js';

/** From the first failure to the second try; it doubles from try to try. Milliseconds. */
const FIRST_PAUSE_MS = 250;
/** So that the work goes on within seconds of the cure. Milliseconds. */
const MAX_PAUSE_MS = 2_000;
/** Tries of one message before its dependency's success with others counts against it: both may change while it is tried. */
const TRIES_BEFORE_CHARGE = 3;
/** Probes with messages that are held, between two with one that is not: those that are held may be what the dependency fails on. */
const PROBES_PER_FRESH_ONE = SICK_AFTER;

/** What a message failed on. Instants are those of a monotonic clock. Milliseconds. */
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
  /** It is being handled again just now. */
  readonly trying: boolean;
}

/** What is to be done now: messages to try once more, and whether to fetch one that has not been tried. */
export interface Due<M> {
  readonly retries: readonly M[];
  readonly fresh: boolean;
}

/**
 * The messages of one queue that wait for a dependency, and when each is tried again. As long as fewer than three have failed
 * with no success between, each is tried by itself and the queue goes on. Then the queue is paused: one message at a time
 * probes, and the first that gets through sets all others free. Decides only; the consumer carries out.
 */
export class HeldMessages<M> {
  readonly #held = new Map<M, Held>();
  /** Messages that failed since the last success. */
  readonly #failing = new Set<M>();
  #paused = false;
  #probing: 'held' | 'fresh' | undefined;
  #probes = 0;
  #probeAt = 0;

  /** Nothing more is to be taken from the queue. */
  get paused(): boolean {
    return this.#paused;
  }

  get size(): number {
    return this.#held.size;
  }

  /** @param hasSucceededSince whether the dependency has worked for others after an instant */
  failsAlone(message: M, hasSucceededSince: (instant: number) => boolean): boolean {
    const held = this.#held.get(message);
    return held !== undefined && held.tries >= TRIES_BEFORE_CHARGE && hasSucceededSince(held.failedAt);
  }

  hold(message: M, failure: Failure, now: number): void {
    const before = this.#held.get(message);
    const tries = (before?.tries ?? 0) + 1;
    const notBefore = now + Math.max(pauseAfter(tries), failure.retryAfterMs ?? 0);
    // Deleted first: the one that has just been tried is the last in turn.
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

  /** The message has an ending. @returns whether the queue goes on now that was paused */
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

  /** There was no message in the queue to try. */
  queueIsEmpty(now: number): void {
    this.#probing = undefined;
    this.#probes += 1;
    this.#probeAt = this.#held.size > 0 ? now : now + MAX_PAUSE_MS;
  }

  /** Takes those that have waited since before `instant`, to be given back to their queue; all of them by default. */
  takeForReturn(instant = Infinity): M[] {
    const taken = this.#take(([, { since }]) => since < instant);
    for (const message of taken) this.#held.delete(message);
    return taken;
  }

  /** The channel has gone, and with it everything that was held. */
  reset(): void {
    this.#held.clear();
    this.#failing.clear();
    this.#paused = false;
    this.#probing = undefined;
  }

  #pause(now: number, failure: Failure): void {
    this.#paused = true;
    this.#probing = undefined;
    this.#probes = 0;
    this.#probeAt = now + Math.max(FIRST_PAUSE_MS, failure.retryAfterMs ?? 0);
  }

  /** Not one that was being handled when the queue was paused, and fails now: it says nothing new, and must not make the pauses longer. */
  #isProbe(before: Held | undefined): boolean {
    return (this.#probing === 'held' && before?.trying === true) || (this.#probing === 'fresh' && before === undefined);
  }

  #probeFailed(now: number, failure: Failure): void {
    this.#probing = undefined;
    this.#probes += 1;
    this.#probeAt = now + Math.max(pauseAfter(this.#probes), failure.retryAfterMs ?? 0);
  }

  /** They stay held until they have an ending, so that their tries are counted on. */
  #take(wanted: (entry: [M, Held]) => boolean): M[] {
    const taken = [...this.#held].filter(([message, held]) => !held.trying && wanted([message, held]));
    for (const [message, held] of taken) this.#held.set(message, { ...held, trying: true });
    return taken.map(([message]) => message);
  }
}

const pauseAfter = (tries: number): number => Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), MAX_PAUSE_MS);
