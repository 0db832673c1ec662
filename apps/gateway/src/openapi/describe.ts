import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** What a route is for and what it answers: a schema, server-sent events, or words for a problem or an empty answer. */
export interface Description {
  summary: string;
  answers: Record<number, z.ZodType | Events | string>;
  headers?: z.ZodObject;
}

/** Server-sent events whose `data` is `eachIs`, as JSON. */
export interface Events {
  eachIs: z.ZodType;
}

const DESCRIPTION = 'description';

/** The part of a route's documentation that its code does not say by itself. */
export const Describe = (summary: string, answers: Description['answers'], headers?: z.ZodObject) =>
  SetMetadata(DESCRIPTION, { summary, answers, ...(headers && { headers }) } satisfies Description);

export const descriptionOf = (handler: object): Description | undefined =>
  Reflect.getMetadata(DESCRIPTION, handler) as Description | undefined;
