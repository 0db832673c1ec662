import { Injectable } from '@nestjs/common';
import { Id, Instant, ServicePulse, type Message } from '@sluice/contracts';
import { Live, type EventStream } from '@sluice/http-kit';
import { scrub } from '@sluice/service-kit';
import { z } from 'zod';
import { filterOf, Pending, Recent, Rounds, type FactFilter } from './fact-filter.js';

const SeenFact = z.object({
  id: Id,
  type: z.string(),
  at: Instant,
  correlationId: z.string(),
  causationId: Id.optional(),
  /** Passwords, codes and tokens are masked, and what is personal is left out. */
  data: z.unknown(),
});
/** Facts that came together, oldest first, and how many before them were skipped because they came too fast. */
export const SeenFacts = z.object({ facts: z.array(SeenFact), skipped: z.int() });
type SeenFacts = z.output<typeof SeenFacts>;

const PERSONAL: ReadonlySet<string> = new Set(['address', 'name', 'phone', 'email', 'text', 'subject']);
/** Facts that are kept for those who begin to listen: about 2 MB, the last minutes of a quiet shop. */
const KEPT = 1_000;
/** Nobody reads 400 lines a second; a reader who wants more has `npm run tail`. */
const PER_ROUND = 100;
/** Pause after a round: for each fact in it, and at most. Those of one order are seen as they come. Milliseconds. */
const PAUSE = { perItemMs: 10, maxMs: 250 };

/** Facts as they pass `shop.live`. Those that no gateway needs do not pass there, and a gateway may not bind to more. */
@Injectable()
export class Facts {
  readonly #recent = new Recent<Message>(KEPT);
  readonly #listeners = new Set<(fact: Message) => void>();

  constructor(live: Live) {
    live.onEveryFact((fact) => {
      if (fact && fact.type !== ServicePulse.type) this.#said(fact);
    });
  }

  /** Sends the matching facts that are kept, and then each as it is said. Resolves when the stream has ended. */
  async tell(stream: EventStream, filter: FactFilter): Promise<void> {
    const isWanted = filterOf(filter);
    const pending = new Pending<Message>(PER_ROUND);
    const rounds = new Rounds(() => sendAll(stream, pending), PAUSE);
    const hear = (fact: Message): void => {
      if (!isWanted(fact)) return;
      pending.add(fact);
      rounds.begin();
    };
    this.#recent.all().filter(isWanted).slice(-PER_ROUND).forEach(hear);
    this.#listeners.add(hear);
    await stream.closed;
    rounds.end();
    this.#listeners.delete(hear);
  }

  #said(fact: Message): void {
    this.#recent.add(fact);
    for (const hear of this.#listeners) hear(fact);
  }
}

/** @returns how many there were to send */
function sendAll(stream: EventStream, pending: Pending<Message>): number {
  const taken = pending.take();
  if (!taken) return 0;
  const data: SeenFacts = { facts: taken.items.map(seen), skipped: taken.skipped };
  void stream.send({ event: 'facts', data });
  return taken.items.length;
}

const seen = ({ id, type, time, correlationId, causationId, data }: Message): SeenFacts['facts'][number] => ({
  ...{ id, type, at: time, correlationId },
  ...(causationId !== undefined && { causationId }),
  data: scrub(withoutPersonal(data as object)),
});

/** Whoever runs the system need not read where people live and what they are told. */
const withoutPersonal = (data: object): object =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !PERSONAL.has(name)));
