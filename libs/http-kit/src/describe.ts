import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** Purpose and responses of a route: a schema, server-sent events, or a text for a problem or an empty response. */
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

/** Documents what a route's code does not contain. */
export const Describe = (summary: string, answers: Description['answers'], headers?: z.ZodObject) =>
  SetMetadata(DESCRIPTION, { summary, answers, ...(headers && { headers }) } satisfies Description);

export const descriptionOf = (handler: object): Description | undefined =>
  Reflect.getMetadata(DESCRIPTION, handler) as Description | undefined;
