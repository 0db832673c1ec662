import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';

/**
 * Returns 422 with every fault listed for an invalid body or query; 404 for an invalid path, because it names no
 * resource.
 */
export class ValidationPipe implements PipeTransform {
  async transform(value: unknown, { schema, type }: ArgumentMetadata): Promise<unknown> {
    if (!schema) return value;
    if (type === 'query') refuseBrackets(schema as z.ZodObject, value as Record<string, unknown>);
    const result = await schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    if (type === 'param') throw ProblemError.of(404, 'Not found');
    throw notValid((result.issues as z.core.$ZodIssue[]).slice(0, MAX_ERRORS).map(explain));
  }
}

/**
 * `limit[]=5`, as some forms write a list, addresses the parameter with an invalid value. Other names (`utm[id]`) are
 * ignored.
 */
function refuseBrackets({ shape }: z.ZodObject, given: Record<string, unknown>): void {
  const isParameter = (name: string): boolean => Object.hasOwn(shape, name.split('[', 1)[0]!);
  const bracketed = Object.keys(given).filter((name) => name.includes('[') && isParameter(name));
  const faults = bracketed.map((path) => ({ path, message: 'has brackets: a parameter is one value' }));
  if (faults.length > 0) throw notValid(faults.slice(0, MAX_ERRORS));
}

const notValid = (errors: Fault[]): ProblemError => ProblemError.of(422, 'Not valid', undefined, { errors });

/** Keeps the response small however many faults a body has. */
const MAX_ERRORS = 20;

interface Fault {
  path: string;
  message: string;
}

const explain = ({ path, message }: z.core.$ZodIssue): Fault => ({ path: path.map(String).join('.'), message });
