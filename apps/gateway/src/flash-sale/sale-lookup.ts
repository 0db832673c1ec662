import type { Sale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';

/** A claim waits for this answer, so it is asked for a shorter time than others. Milliseconds. */
const PATIENCE_MS = 1_000;
/** Who comes again is told the same for so long. A sale that has come meanwhile is heard of. Milliseconds. */
const CACHED_MS = 5_000;
const MAX_ANSWERS = 10_000;
/**
 * Different ids that are asked for at a time. While flash-sale answers that is thousands in a second; while it does not, each
 * is let in after its patience, and whoever makes ids up cannot fill the line with them.
 */
const MAX_REQUESTS = 20;

/** Undefined: nobody could say. */
type Answer = { sale: Sale } | 'none' | undefined;

/** Sales that were never heard of: whether there is such a one is asked once, however many come for it. */
export class SaleLookup {
  readonly #requests = new Map<string, Promise<Answer>>();
  /** Those that found no sale, in the order in which they are forgotten. */
  readonly #answers = new Map<string, { answer: 'none' | undefined; until: number }>();

  /** @param read throws ProblemError 404 when there is none, and another when it is not known */
  constructor(
    private readonly read: (id: string, patienceMs: number) => Promise<Sale>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Undefined: nobody could say. @throws ProblemError 404 there is none; 503 too many others are being asked for */
  async find(id: string): Promise<Sale | undefined> {
    const answer = this.#isKnown(id)
      ? this.#answers.get(id)!.answer
      : await (this.#requests.get(id) ?? this.#request(id));
    if (answer === 'none') throw ProblemError.of(404, 'Not found', 'There is no such sale.');
    return answer?.sale;
  }

  #isKnown(id: string): boolean {
    return (this.#answers.get(id)?.until ?? 0) > this.clock();
  }

  async #request(id: string): Promise<Answer> {
    if (this.#requests.size >= MAX_REQUESTS) throw ProblemError.of(503, 'Service Unavailable', 'Please ask again.');
    const request = this.read(id, PATIENCE_MS).then((sale): Answer => ({ sale }), refusal);
    this.#requests.set(id, request);
    const answer = await request;
    this.#requests.delete(id);
    if (answer === 'none' || answer === undefined) this.#keep(id, answer);
    return answer;
  }

  #keep(id: string, answer: 'none' | undefined): void {
    this.#answers.delete(id);
    this.#answers.set(id, { answer, until: this.clock() + CACHED_MS });
    if (this.#answers.size > MAX_ANSWERS) this.#answers.delete(this.#answers.keys().next().value!);
  }
}

const refusal = (error: unknown): Answer =>
  error instanceof ProblemError && error.problem.status === 404 ? 'none' : undefined;
