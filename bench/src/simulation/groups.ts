/**
 * Serves all who wait together, one group at a time: those who come meanwhile are the next group. So the batcher of a
 * unit of work commits (libs/persistence/src/batcher.ts), and so PostgreSQL writes its log.
 */
export class Groups<T> {
  #waiting: T[] = [];
  #patient: T[] = [];
  #working = false;

  /**
   * @param serve takes a group when it can begin with it, and calls back when it has been served
   * @param most in one group
   * @param mostPatient so many who are patient begin a group
   */
  constructor(
    private readonly serve: (take: () => T[], done: () => void) => void,
    private readonly most = Infinity,
    private readonly mostPatient = 10,
  ) {}

  add(...items: readonly T[]): void {
    for (const item of items) this.#waiting.push(item);
    if (!this.#working) this.#next();
  }

  /** Adds an item that waits for a group of others. */
  addPatient(item: T): void {
    this.#patient.push(item);
    if (this.#patient.length >= this.mostPatient) this.add(...this.#patient.splice(0));
  }

  #next(): void {
    this.#working = this.#waiting.length > 0;
    if (this.#working)
      this.serve(
        () => this.#take(),
        () => this.#next(),
      );
  }

  #take(): T[] {
    const group = [...this.#patient.splice(0), ...this.#waiting];
    this.#waiting = group.length > this.most ? group.splice(this.most) : [];
    return group;
  }
}
