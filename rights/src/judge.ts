// @ts-nocheck
import { catalogue, sendersOf } from '@sluice/contracts';

/**
 * What became of every message that somebody tried to send: what the broker refused, and what the check of the
 * consumers says to the deliveries of the others.
 */
export class Judge {
  /**
   * By id of the message.
   * @type {Map<string, { user: string, type: string, way: string, to: string | undefined, must: boolean, refusal?:
   * string, verdicts: { service: string, error?: string }[] }>}
   */
  #attempts = new Map();
  #senders = new Map();
  #open;

  /** @param {(service: string) => import('@sluice/messaging').SenderVerification} open */
  constructor(open) {
    this.#open = open;
  }

  /** @returns {import('@sluice/messaging').SenderVerification} the check of this service */
  sendersOf(service) {
    if (!this.#senders.has(service)) this.#senders.set(service, this.#open(service));
    return this.#senders.get(service);
  }

  /**
   * @param {{ user: string, type: string, way: string, to?: string, must?: boolean }} attempt must: it is what the
   * user is there for
   */
  note(id, { must = false, to, ...attempt }) {
    this.#attempts.set(id, { ...attempt, to, must, verdicts: [] });
  }

  refused(id, refusal) {
    this.#attempts.get(id).refusal = refusal;
  }

  /** @param {import('./mailbox.js').Mailbox} mailbox */
  async read(mailbox) {
    for (const { queue, delivery } of await mailbox.take()) {
      const service = queue.split('.', 1)[0];
      this.#attempts
        .get(delivery.properties.messageId)
        .verdicts.push({ service, error: this.#errorOf(service, delivery) });
    }
  }

  #errorOf(service, delivery) {
    try {
      this.sendersOf(service).check(delivery, catalogue.get(delivery.properties.type));
      return undefined;
    } catch (error) {
      if (error.name !== 'SenderError') throw error;
      return error.message;
    }
  }

  /** @returns {import('./broker.js').Tried[]} */
  results() {
    return [...this.#attempts.values()].map((attempt) => ({
      user: attempt.user,
      what: attempt.type,
      way: attempt.way,
      ...outcomeOf(attempt),
    }));
  }
}

function outcomeOf({ user, type, must, refusal, verdicts }) {
  const taken = verdicts.filter(({ error }) => error === undefined).map(({ service }) => service);
  const strangers = sendersOf(type).has(user) ? [] : taken.filter((service) => service !== user);
  if (strangers.length > 0) return { outcome: 'FORGED', why: `${strangers.join(', ')} takes it` };
  if (must && taken.length === 0) return { outcome: 'BROKEN', why: refusal ?? verdicts[0]?.error ?? 'it did not come' };
  if (taken.length > 0) return { outcome: sendersOf(type).has(user) ? 'allowed' : 'to itself' };
  if (refusal !== undefined) return { outcome: 'refused', why: refusal };
  return verdicts.length > 0 ? { outcome: 'not believed', why: verdicts[0].error } : { outcome: 'nowhere' };
}
