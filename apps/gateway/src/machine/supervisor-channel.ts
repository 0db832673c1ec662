import { pipeTo, type Parent } from '@sluice/service-kit';
import { z } from 'zod';

/** Token of the channel to the supervisor of `npm start`; undefined everywhere else. */
export const SUPERVISOR = Symbol('supervisor');

/** Absent: there is no such switch here, since the broker is not the one of `npm start`. */
export const SwitchStates = z.object({
  services: z.array(
    z.object({
      service: z.string(),
      state: z.enum(['running', 'frozen', 'stopped']),
      /** Between the service and the broker. */
      network: z.enum(['connected', 'delayed', 'cut']).optional(),
    }),
  ),
  broker: z.enum(['running', 'starting', 'stopped']).optional(),
  /** Fakes of providers: one with an address of its own has none. */
  providers: z.array(z.object({ provider: z.string(), condition: z.enum(['well', 'slow', 'failing', 'refusing']) })),
  /** The last burst. */
  burst: z
    .object({
      of: z.enum(['orders', 'claims']),
      count: z.int(),
      accepted: z.int(),
      refused: z.int(),
      isRunning: z.boolean(),
    })
    .optional(),
});
export type SwitchStates = z.output<typeof SwitchStates>;

const Answer = z.object({ id: z.int(), answer: z.union([SwitchStates, z.object({ refused: z.string() })]) });
type Answer = z.output<typeof Answer>['answer'];

/** Longer than a service takes to stop and to start, also on a busy machine. Milliseconds. */
const WITHIN_MS = 60_000;

/** Asks the supervisor over the pipe between parent and child. */
export class SupervisorChannel {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  private constructor(private readonly parent: Required<Parent>) {
    parent.on('message', (message) => this.#answered(message));
  }

  /** Undefined without a pipe, and in any environment but development. */
  static to(parent: Parent, environment: string): SupervisorChannel | undefined {
    const pipe = pipeTo(parent, environment);
    return pipe && new SupervisorChannel(pipe);
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
