/**
 * Time of the server, from the `Date` headers of its responses. Each header has whole seconds, so one response alone
 * leaves a second open; the bounds of all responses together leave less.
 */
export class ServerClock {
  #earliest = -Infinity;
  #latest = Infinity;

  /**
   * @param date the header @param sentAt and @param receivedAt local times around the response; ms since the epoch
   */
  observe(date: string | null, sentAt: number, receivedAt: number): void {
    const second = Date.parse(date ?? '');
    if (Number.isNaN(second)) return;
    const [earliest, latest] = [second - receivedAt, second + 1_000 - sentAt];
    // Bounds that exclude each other: one of the clocks was set. What is newer counts.
    const contradicts = earliest > this.#latest || latest < this.#earliest;
    this.#earliest = contradicts ? earliest : Math.max(this.#earliest, earliest);
    this.#latest = contradicts ? latest : Math.min(this.#latest, latest);
  }

  /** @param local ms since the epoch, by the local clock */
  at(local: number): number {
    return this.#latest === Infinity ? local : local + (this.#earliest + this.#latest) / 2;
  }
}

export const serverClock = new ServerClock();
export const serverNow = (): number => serverClock.at(Date.now());
