// @ts-nocheck
const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
/** Where nothing can spin (a pipe, CI), a step that takes longer than this is announced before it is done. */
const ANNOUNCE_AFTER_MS = 4_000;

/** Milliseconds as people read them. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Steps on their way: one line each when done, and beneath, in a terminal, what is still going on. */
export class Progress {
  #running = new Map();
  #timer;
  #frame = 0;
  /** From then on a step that fails says nothing: it fails because we stop. */
  stopping = false;

  /** @param {NodeJS.WriteStream} [out] */
  constructor(out = process.stdout) {
    this.out = out;
    this.live = Boolean(out.isTTY);
  }

  /** Prints a line above what is still going on. */
  line(text = '') {
    this.#clear();
    this.out.write(`${text}\n`);
    this.#draw();
  }

  /**
   * @template T @param {string} label
   * @param {(tell: (what: string) => void) => Promise<T>} work tell: what the step found, shown beside its label
   * @returns {Promise<T>}
   */
  async step(label, work) {
    const begun = performance.now();
    let detail = '';
    const name = () => (detail ? `${label}: ${detail}` : label);
    this.#begin(label, name);
    try {
      const result = await work((what) => (detail = what));
      this.#end(label, `✓ ${name()} (${seconds(performance.now() - begun)})`);
      return result;
    } catch (error) {
      this.#end(label, this.stopping ? undefined : `✗ ${name()}`);
      throw error;
    }
  }

  #begin(label, name) {
    const announce = this.live ? undefined : setTimeout(() => this.line(`… ${name()}`), ANNOUNCE_AFTER_MS);
    this.#running.set(label, { name, announce });
    if (this.live) this.#timer ??= setInterval(() => this.#draw(), 80);
  }

  #end(label, text) {
    clearTimeout(this.#running.get(label)?.announce);
    this.#running.delete(label);
    if (text) this.line(text);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #clear() {
    if (this.live) this.out.write('\r\x1b[2K');
  }

  #draw() {
    if (!this.live || this.#running.size === 0) return;
    const names = [...this.#running.values()].map(({ name }) => name()).join(', ');
    const width = (this.out.columns ?? 80) - 3;
    this.out.write(`\r\x1b[2K${SPINNER[this.#frame++ % SPINNER.length]} ${names.slice(0, width)}`);
  }
}
