import { z } from 'zod';

/** Keywords of JSON Schema (draft 2020-12; patterns with Unicode). */
export interface RequestKeywords {
  pattern?: string;
  enum?: string[];
  minLength?: number;
  maxLength?: number;
  anyOf?: object[];
  /** Rules that no JSON Schema keyword can express: rules between fields, or against the present time. */
  description?: string;
}

/**
 * Input schemas for requests whose checks are code or follow a transformation, where the schema from zod alone is too
 * loose or too strict. Only the OpenAPI document uses these keywords; the published contracts do not.
 */
export const ACCEPTED = z.registry<RequestKeywords>();
