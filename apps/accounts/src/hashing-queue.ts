import { ProblemError } from '@sluice/messaging';

/** A request for a password hash. */
export interface HashRequest {
  /** The client's address; undefined: not from outside. */
  client: string | undefined;
  /** Whether a sign-in with this number from this address succeeded before. */
  signedInBefore: boolean;
  /** Deadline of the caller, in ms since the epoch. */
  deadline?: number | undefined;
}

interface Waiting {
  deadline: number;
  start(): void;
  refuse(problem: ProblemError): void;
}

/** Waiting jobs by address. Addresses take turns: one job of each address per round. */
class FairQueue {
  readonly #byClient = new Map<string, Waiting[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  countOf(client: string): number {
    return this.#byClient.get(client)?.length ?? 0;
  }

  add(client: string, job: Waiting): void {
    this.#byClient.set(client, [...(this.#byClient.get(client) ?? []), job]);
    this.#size++;
  }

  /** Takes the first job of the next address, which then moves behind all others. */
  takeNext(): Waiting | undefined {
    for (const [client, [first, ...rest]] of this.#byClient) {
      this.#byClient.delete(client);
      if (rest.length > 0) this.#byClient.set(client, rest);
      this.#size--;
      return first;
    }
    return undefined;
  }

  /** Removes the last job of the address with the most jobs, if those are more than `others`. */
  evictFromLongest(others: number): Waiting | undefined {
    const none: [string, Waiting[]] = ['', []];
    const more = (a: [string, Waiting[]], b: [string, Waiting[]]) => (b[1].length > a[1].length ? b : a);
    const [client, jobs] = [...this.#byClient].reduce(more, none);
    if (jobs.length <= others) return undefined;
    this.#byClient.set(client, jobs.slice(0, -1));
    this.#size--;
    return jobs.at(-1);
  }
}

/** Waiting jobs per address: 16 take some 2.5 s on two cores. */
const MAX_PER_CLIENT = 16;
/** Waiting jobs, of trusted and untrusted requests each: what some cores hash in the 10 s for which a caller waits. */
const MAX_WAITING = 200;
/** Every fourth turn is for an untrusted request, however many trusted ones wait. */
const UNTRUSTED_TURN = 4;
/** Seconds. */
const RETRY_AFTER = 2;

const AGAIN = { retryAfter: RETRY_AFTER };
const tooManyWaiting = (): ProblemError =>
  ProblemError.of(503, 'Service Unavailable', 'Too many passwords are waiting to be compared.', AGAIN);
const tooManyOfClient = (): ProblemError =>
  ProblemError.of(429, 'Too Many Requests', 'Too many requests from this address are waiting already.', AGAIN);

/**
 * The queue for password hashes, each of which takes a core for a third of a second. Addresses take turns, addresses
 * with an earlier successful sign-in go first, and a job without a waiting caller is not started.
 */
export class HashingQueue {
  readonly #trusted = new FairQueue();
  readonly #untrusted = new FairQueue();
  #running = 0;
  #turn = 0;

  /** @param atATime concurrent hashes @param clock ms since the epoch */
  constructor(
    private readonly atATime: number,
    private readonly clock: () => number = Date.now,
  ) {}

  /**
   * Runs a job in its turn.
   * @throws ProblemError 429 too many jobs of this address wait; 503 too many jobs wait or the deadline has passed;
   * the job has then not started
   */
  async run<T>(request: HashRequest, job: () => Promise<T>): Promise<T> {
    if (this.#running < this.atATime) this.#running++;
    else await this.#wait(request);
    try {
      return await job();
    } finally {
      this.#release();
    }
  }

  #wait({ client, signedInBefore, deadline = Infinity }: HashRequest): Promise<void> {
    const queue = signedInBefore ? this.#trusted : this.#untrusted;
    const key = client ?? '';
    if (client !== undefined && queue.countOf(key) >= MAX_PER_CLIENT) throw tooManyOfClient();
    if (queue.size >= MAX_WAITING) {
      const dropped = queue.evictFromLongest(queue.countOf(key) + 1);
      if (!dropped) throw tooManyWaiting();
      dropped.refuse(tooManyWaiting());
    }
    return new Promise((resolve, reject) => queue.add(key, { deadline, start: resolve, refuse: reject }));
  }

  #release(): void {
    const next = this.#next();
    if (next) next.start();
    else this.#running--;
  }

  #next(): Waiting | undefined {
    this.#turn = (this.#turn + 1) % UNTRUSTED_TURN;
    const [first, second] = this.#turn === 0 ? [this.#untrusted, this.#trusted] : [this.#trusted, this.#untrusted];
    for (let job = first.takeNext() ?? second.takeNext(); job; job = first.takeNext() ?? second.takeNext()) {
      if (this.clock() < job.deadline) return job;
      job.refuse(tooManyWaiting());
    }
    return undefined;
  }
}
