import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import type { z } from 'zod';

/** Bodies and queries that break their schema are 422 with every fault named; a path that breaks its schema names nothing there is. */
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

/** `limit[]=5` is what some forms make of a list: it means the parameter and is not one. Another name (`utm[id]`) means nothing here. */
function refuseBrackets({ shape }: z.ZodObject, given: Record<string, unknown>): void {
  const isKnown = (name: string): boolean => Object.hasOwn(shape, name.split('[', 1)[0]!);
  const bracketed = Object.keys(given).filter((name) => name.includes('[') && isKnown(name));
  const faults = bracketed.map((path) => ({ path, message: 'has brackets: a parameter is one value' }));
  if (faults.length > 0) throw notValid(faults.slice(0, MAX_ERRORS));
}

const notValid = (errors: Fault[]): ProblemError => ProblemError.of(422, 'Not valid', undefined, { errors });

/** An answer stays small however wrong a body is. */
const MAX_ERRORS = 20;

interface Fault {
  path: string;
  message: string;
}

const explain = ({ path, message }: z.core.$ZodIssue): Fault => ({ path: path.map(String).join('.'), message });
