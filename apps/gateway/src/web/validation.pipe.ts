import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';

/** Bodies and queries that break their schema are 422 with every fault named; a path that breaks its schema names nothing there is. */
export class ValidationPipe implements PipeTransform {
  async transform(value: unknown, { schema, type }: ArgumentMetadata): Promise<unknown> {
    if (!schema) return value;
    const result = await schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    if (type === 'param') throw ProblemError.of(404, 'Not found');
    throw ProblemError.of(422, 'Not valid', undefined, { errors: (result.issues as z.core.$ZodIssue[]).slice(0, MAX_ERRORS).map(explain) });
  }
}

/** An answer stays small however wrong a body is. */
const MAX_ERRORS = 20;

const explain = ({ path, message }: z.core.$ZodIssue): { path: string; message: string } => ({ path: path.map(String).join('.'), message });
