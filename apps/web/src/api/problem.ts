import type { components } from '../generated/api.js';

type ProblemBody = components['schemas']['Problem'];

/** An answer of the API that is final: asking again would give the same (RFC 9457). */
export class Problem extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail ?? body.title);
  }

  get status(): number {
    return this.body.status;
  }

  /** What is wrong with a field of the body, such as `address.city`. */
  faultOf(field: string): string | undefined {
    const errors = (this.body['errors'] ?? []) as { path: string; message: string }[];
    return errors.find(({ path }) => path === field)?.message;
  }
}

export const isProblem = (error: unknown, ...statuses: number[]): error is Problem =>
  error instanceof Problem && (statuses.length === 0 || statuses.includes(error.status));
