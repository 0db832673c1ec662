import { ProblemError } from '@sluice/messaging';

/** Who wants a password hashed. */
export interface Hasher {
  /** The address it comes from; undefined: nobody outside. */
  client: string | undefined;
  /** Somebody signed in well from there with this number before. */
  known: boolean;
  /** Until when the answer is waited for, in ms since the epoch. */
  deadline?: number | undefined;
}

interface Waiting {
  deadline: number;
  start(): void;
  refuse(problem: ProblemError): void;
}

/** Waiting jobs by address. Addresses take turns: each job of one stands behind one of every other. */
class Turns {
  readonly #byClient = new Map<string, Waiting[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  of(client: string): number {
    return this.#byClient.get(client)?.length ?? 0;
  }

  add(client: string, job: Waiting): void {
    this.#byClient.set(client, [...(this.#byClient.get(client) ?? []), job]);
    this.#size++;
  }

  /** The first job of the address whose turn it is, which then stands behind all others. */
  next(): Waiting | undefined {
    for (const [client, [first, ...rest]] of this.#byClient) {
      this.#byClient.delete(client);
      if (rest.length > 0) this.#byClient.set(client, rest);
      this.#size--;
      return first;
    }
    return undefined;
  }

  /** The last job of the address that has the most, if that is more than `others`. */
  dropOfMost(others: number): Waiting | undefined {
    const none: [string, Waiting[]] = ['', []];
    const more = (a: [string, Waiting[]], b: [string, Waiting[]]) => (b[1].length > a[1].length ? b : a);
    const [client, jobs] = [...this.#byClient].reduce(more, none);
    if (jobs.length <= others) return undefined;
    this.#byClient.set(client, jobs.slice(0, -1));
    this.#size--;
    return jobs.at(-1);
  }
}

/** Waiting jobs of one address: 16 take some 2.5 s on two cores. */
const MOST_OF_CLIENT = 16;
/** Waiting jobs, of those who are known and of strangers: what some cores hash in the 10 s for which a caller waits. */
const MOST_WAITING = 200;
/** One turn in so many is a stranger's, however many wait who are known. */
const STRANGERS_TURN = 4;
/** Seconds. */
const RETRY_AFTER = 2;

const AGAIN = { retryAfter: RETRY_AFTER };
const full = (): ProblemError =>
  ProblemError.of(503, 'Service Unavailable', 'Too many passwords are waiting to be compared.', AGAIN);
const tooManyOfYours = (): ProblemError =>
  ProblemError.of(429, 'Too Many Requests', 'Too many requests from this address are waiting already.', AGAIN);

/**
 * The line in front of the password hash, which takes a core for a third of a second. Addresses take turns, whoever
 * signed in from theirs before goes first, and what nobody waits for any more is not begun.
 */
export class HashingLine {
  readonly #known = new Turns();
  readonly #strangers = new Turns();
  #running = 0;
  #turn = 0;

  /** @param atATime hashes that are computed at once @param clock ms since the epoch */
  constructor(
    private readonly atATime: number,
    private readonly clock: () => number = Date.now,
  ) {}

  /**
   * @throws ProblemError 429 too many jobs of this address wait, 503 too many of all wait or the deadline has passed;
   *   the job has then not begun
   */
  async run<T>(who: Hasher, job: () => Promise<T>): Promise<T> {
    if (this.#running < this.atATime) this.#running++;
    else await this.#wait(who);
    try {
      return await job();
    } finally {
      this.#leave();
    }
  }

  #wait({ client, known, deadline = Infinity }: Hasher): Promise<void> {
    const turns = known ? this.#known : this.#strangers;
    const key = client ?? '';
    if (client !== undefined && turns.of(key) >= MOST_OF_CLIENT) throw tooManyOfYours();
    if (turns.size >= MOST_WAITING) {
      const dropped = turns.dropOfMost(turns.of(key) + 1);
      if (!dropped) throw full();
      dropped.refuse(full());
    }
    return new Promise((resolve, reject) => turns.add(key, { deadline, start: resolve, refuse: reject }));
  }

  #leave(): void {
    const next = this.#next();
    if (next) next.start();
    else this.#running--;
  }

  #next(): Waiting | undefined {
    this.#turn = (this.#turn + 1) % STRANGERS_TURN;
    const [first, second] = this.#turn === 0 ? [this.#strangers, this.#known] : [this.#known, this.#strangers];
    for (let job = first.next() ?? second.next(); job; job = first.next() ?? second.next()) {
      if (this.clock() < job.deadline) return job;
      job.refuse(full());
    }
    return undefined;
  }
}
