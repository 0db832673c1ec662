/** How the broker is told that a message is finished here: handled, or to be delivered again. */
export type Settlement = 'ack' | 'reject';

interface OpenBatch<M> {
  readonly message: M;
  /** Facts that are not settled yet. */
  open: number;
  rejected: boolean;
}

/**
 * The batches whose facts are being handled. The AMQP message is acknowledged when all its facts are settled, and
 * given back when one of them is: the broker knows only the whole.
 */
export class OpenBatches<M extends object> {
  readonly #batches = new WeakMap<M, OpenBatch<M>>();

  add(message: M, facts: readonly M[]): void {
    const batch = { message, open: facts.length, rejected: false };
    for (const fact of facts) this.#batches.set(fact, batch);
  }

  /**
   * @param fact a fact of a batch, or a message that came alone
   * @returns the AMQP message to settle now, and how; undefined while other facts of the batch are open
   */
  settled(fact: M, settlement: Settlement): { message: M; settlement: Settlement } | undefined {
    const batch = this.#batches.get(fact);
    if (!batch) return { message: fact, settlement };
    this.#batches.delete(fact);
    batch.open -= 1;
    batch.rejected ||= settlement === 'reject';
    return batch.open > 0 ? undefined : { message: batch.message, settlement: batch.rejected ? 'reject' : 'ack' };
  }
}
