const SPINNER = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
/** Where nothing can spin (a pipe, CI), a step that takes longer than this is announced before it is done. */
const ANNOUNCE_AFTER_MS = 4_000;

/** Milliseconds as people read them. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Where progress is printed: a terminal, a pipe. */
export interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Called with what a step has found, which is shown beside its label. */
export type Note = (detail: string) => void;

interface RunningStep {
  name: () => string;
  announce: NodeJS.Timeout | undefined;
}

/** Steps that run: one line each when done, and beneath, in a terminal, those that are not done. */
export class Progress {
  readonly #running = new Map<string, RunningStep>();
  /** Whether the output is a terminal. */
  readonly live: boolean;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  /** From then on no step that fails is printed: it fails because everything stops. */
  stopping = false;

  constructor(private readonly out: Output = process.stdout) {
    this.live = Boolean(out.isTTY);
  }

  /** Prints a line above the steps that are not done. */
  line(text = ''): void {
    this.#clear();
    this.out.write(`${text}\n`);
    this.#draw();
  }

  async step<T>(label: string, work: (note: Note) => Promise<T>): Promise<T> {
    const begun = performance.now();
    let detail = '';
    const name = (): string => (detail ? `${label}: ${detail}` : label);
    this.#begin(label, name);
    try {
      const result = await work((found) => (detail = found));
      this.#end(label, `✓ ${name()} (${seconds(performance.now() - begun)})`);
      return result;
    } catch (error) {
      this.#end(label, this.stopping ? undefined : `✗ ${name()}`);
      throw error;
    }
  }

  #begin(label: string, name: () => string): void {
    const announce = this.live ? undefined : setTimeout(() => this.line(`… ${name()}`), ANNOUNCE_AFTER_MS);
    this.#running.set(label, { name, announce });
    if (this.live) this.#timer ??= setInterval(() => this.#draw(), 80);
  }

  #end(label: string, text: string | undefined): void {
    clearTimeout(this.#running.get(label)?.announce);
    this.#running.delete(label);
    if (text) this.line(text);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #clear(): void {
    if (this.live) this.out.write('\r\x1b[2K');
  }

  #draw(): void {
    if (!this.live || this.#running.size === 0) return;
    const names = [...this.#running.values()].map(({ name }) => name()).join(', ');
    const width = (this.out.columns ?? 80) - 3;
    this.out.write(`\r\x1b[2K${SPINNER[this.#frame++ % SPINNER.length]} ${names.slice(0, width)}`);
  }
}
