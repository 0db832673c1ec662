/** Waits for facts about orders by their id, whichever comes first: the fact or the one that waits for it. */
export class Completions {
  readonly #arrived = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  arrive(id: string): void {
    const resolve = this.#waiting.get(id);
    if (!resolve) return void this.#arrived.add(id);
    this.#waiting.delete(id);
    resolve();
  }

  async of(id: string): Promise<void> {
    if (this.#arrived.delete(id)) return;
    await new Promise<void>((resolve) => this.#waiting.set(id, resolve));
  }
}
