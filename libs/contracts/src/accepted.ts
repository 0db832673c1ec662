import { z } from 'zod';

/** Keywords of JSON Schema (draft 2020-12; patterns with Unicode). */
export interface RequestKeywords {
  pattern?: string;
  enum?: string[];
  minLength?: number;
  maxLength?: number;
  anyOf?: object[];
  /** What no keyword can say: rules between fields, or against the clock. */
  description?: string;
}

/**
 * What a schema takes where its checks are code, or come after a transformation, so that zod alone would say too much
 * or too
 * little of it. The OpenAPI document says this of requests instead; the published contracts stay as they are.
 */
export const ACCEPTED = z.registry<RequestKeywords>();
