import { catalogue, sendersOf } from '@sluice/contracts';
import type { SenderVerification } from '@sluice/messaging';
import type { Attempt } from './attempt.js';
import type { QueueReader } from './queue-reader.js';

interface MessageAttempt {
  readonly user: string;
  readonly type: string;
  readonly way: string;
  /** It is what the user is there for. */
  readonly must?: boolean | undefined;
}

interface State extends MessageAttempt {
  /** By the broker. */
  refusal?: string;
  /** The consumers that got it, each with the error by which it does not believe it. */
  readonly consumers: { service: string; error: string | undefined }[];
}

/** What becomes of every message that a user tries to send: the broker's refusal, or the consumers' verification. */
export class MessageAttempts {
  readonly #byId = new Map<string, State>();

  /** @param verifications by service, its consumers' verification of senders */
  constructor(private readonly verifications: ReadonlyMap<string, SenderVerification>) {}

  add(id: string, attempt: MessageAttempt): void {
    this.#byId.set(id, { ...attempt, consumers: [] });
  }

  refused(id: string, refusal: string): void {
    this.#attempt(id).refusal = refusal;
  }

  /** Verifies all messages that have reached a consumer's queue. */
  async verify(reader: QueueReader): Promise<void> {
    for (const { queue, delivery } of await reader.take()) {
      const service = serviceOf(queue);
      const { messageId, type } = delivery.properties as { messageId: string; type: string };
      const error = errorOf(() => this.verificationOf(service).check(delivery, contractOf(type)));
      this.#attempt(messageId).consumers.push({ service, error });
    }
  }

  verificationOf(service: string): SenderVerification {
    return found(this.verifications.get(service), service);
  }

  results(): Attempt[] {
    return [...this.#byId.values()].map((state) => ({
      ...{ user: state.user, what: state.type, way: state.way },
      ...endingOf(state),
    }));
  }

  #attempt(id: string): State {
    return found(this.#byId.get(id), id);
  }
}

export const serviceOf = (queue: string): string => queue.slice(0, queue.indexOf('.'));

const contractOf = (type: string): { type: string; kind: 'event' | 'command' | 'query' | 'delivery' } =>
  found(catalogue.get(type), type);

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`unknown: ${name}`);
  return value;
}

/** @throws what is no error of a sender */
function errorOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'SenderError') return error.message;
    throw error;
  }
}

function endingOf({ user, type, must, refusal, consumers }: State): Pick<Attempt, 'outcome' | 'why'> {
  const isSender = sendersOf(type)?.has(user) ?? false;
  const believers = consumers.filter(({ error }) => error === undefined).map(({ service }) => service);
  const deceived = isSender ? [] : believers.filter((service) => service !== user);
  const reason = refusal ?? consumers[0]?.error;
  if (deceived.length > 0) return { outcome: 'FORGED', why: `${deceived.join(', ')} takes it` };
  if (must && believers.length === 0) return { outcome: 'BROKEN', why: reason ?? 'it did not come' };
  if (believers.length > 0) return { outcome: isSender ? 'allowed' : 'to itself' };
  if (refusal !== undefined) return { outcome: 'refused', why: refusal };
  return consumers.length > 0 ? { outcome: 'not believed', why: reason } : { outcome: 'nowhere' };
}
