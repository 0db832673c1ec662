import { eventually, run, type Program } from '@sluice/testing';

const READY_WITHIN_MS = 30_000;

/** The processes of one bench. */
export class Programs {
  readonly #running: Program[] = [];

  /** Starts a compiled program, and waits until it responds at `path` on this port with a status below 500. */
  async begin(file: string, env: Record<string, string>, port: number, path = '/readyz'): Promise<Program> {
    const program = run(file, env);
    this.#running.push(program);
    await eventually(async () => expectAnswer(program, await fetch(`http://127.0.0.1:${port}${path}`)), {
      withinMs: READY_WITHIN_MS,
    });
    return program;
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.map((program) => program.end('SIGTERM')));
  }
}

function expectAnswer(program: Program, { status }: Response): void {
  if (!program.running()) throw new Error(`the program has ended:\n${program.output()}`);
  if (status >= 500) throw new Error(`the program is not ready: ${status}`);
}
