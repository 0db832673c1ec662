import { z } from 'zod';

/** The process that has started this one, when it left a pipe to itself (docs/decisions/0043). */
export interface Parent {
  send?(message: object): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Token of the channel to the supervisor of `npm start`; undefined everywhere else. */
export const SUPERVISOR = Symbol('supervisor');

export const SwitchStates = z.object({
  services: z.array(z.object({ service: z.string(), state: z.enum(['running', 'frozen', 'stopped']) })),
});
export type SwitchStates = z.output<typeof SwitchStates>;

const Answer = z.object({ id: z.int(), answer: z.union([SwitchStates, z.object({ refused: z.string() })]) });
type Answer = z.output<typeof Answer>['answer'];

/** Longer than a service takes to stop. Milliseconds. */
const WITHIN_MS = 30_000;

/** Asks the supervisor over the pipe between parent and child. */
export class SupervisorChannel {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  private constructor(private readonly parent: Required<Parent>) {
    parent.on('message', (message) => this.#answered(message));
  }

  /** Undefined without a pipe, and in any environment but development. */
  static to(parent: Parent, environment: string): SupervisorChannel | undefined {
    return environment === 'development' && parent.send ? new SupervisorChannel(parent as Required<Parent>) : undefined;
  }

  /** @throws Error when the supervisor does not answer in time */
  ask(request: object): Promise<Answer> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
      };
      const timer = setTimeout(() => (end(), reject(new Error('the supervisor does not answer'))), WITHIN_MS);
      this.#waiting.set(id, (answer) => (end(), resolve(answer)));
      this.parent.send({ id, request });
    });
  }

  #answered(message: unknown): void {
    const parsed = Answer.safeParse(message);
    if (parsed.success) this.#waiting.get(parsed.data.id)?.(parsed.data.answer);
  }
}
