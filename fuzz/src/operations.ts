import type { Schema } from './schema.js';

/** The part of an OpenAPI 3.1 document that the fuzz reads. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

interface OpenApiOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
  readonly security?: readonly object[];
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface DocumentedResponse {
  readonly description?: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema: Schema }>>;
}

export interface Operation {
  /** Such as `POST /orders/{id}/payment`. */
  readonly key: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** It requires a token. */
  readonly secured: boolean;
  /** For admins alone: the description of its 403 in the document has it. */
  readonly admin: boolean;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly schema: Schema; readonly required: boolean };
  /** By status. */
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}

/** They exist under `npm start` alone, which must not be broken by somebody who fuzzes it: docs/decisions/0049. */
export const isSwitch = ({ key }: { key: string }): boolean =>
  /^\w+ \/ops\/(switches|broker|providers|bursts)\b/.test(key);

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace']);

export const operationsOf = (document: OpenApi): Operation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => operationOf(method.toUpperCase(), path, operation)),
  );

function operationOf(method: string, path: string, operation: OpenApiOperation): Operation {
  const { parameters = [], requestBody, responses, security = [] } = operation;
  const schema = requestBody?.content['application/json']?.schema;
  const secured = security.length > 0;
  return {
    key: `${method} ${path}`,
    method,
    path,
    secured,
    admin: secured && /\brole admin\b/.test(responses['403']?.description ?? ''),
    parameters,
    responses,
    ...(schema && { body: { schema, required: requestBody?.required === true } }),
  };
}

export const parametersIn = ({ parameters }: Operation, place: Parameter['in']): Parameter[] =>
  parameters.filter((parameter) => parameter.in === place);

export const takesHeader = (operation: Operation, header: string): boolean =>
  parametersIn(operation, 'header').some(({ name }) => name === header);

/** The path with its parameters in place; `raw` ones are not encoded. */
export const pathOf = (
  { path }: Operation,
  parameters: Readonly<Record<string, string>>,
  raw: Readonly<Record<string, string>> = {},
): string => path.replace(/\{(\w+)\}/g, (_, name: string) => raw[name] ?? encodeURIComponent(parameters[name] ?? ''));
