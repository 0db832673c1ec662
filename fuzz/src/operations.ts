// @ts-nocheck
/**
 * One operation of the document.
 * @typedef {object} Operation
 * @property {string} key such as `POST /orders/{id}/payment`
 * @property {string} method @property {string} path with its parameters in braces
 * @property {boolean} secured a token is asked for
 * @property {boolean} admin only for admins: so says the document by its 403
 * @property {{ in: 'path' | 'query' | 'header', name: string, required?: boolean, schema: object }[]} parameters
 * @property {{ schema: object, required: boolean }} [body]
 * @property {Record<string, { content?: Record<string, { schema: object }>, headers?: Record<string, { required?:
 * boolean, schema: object }> }>} responses by status
 */

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace']);

/** @param {any} document OpenAPI 3.1 @returns {Operation[]} */
export function operationsOf(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, operation]) => operationOf(method.toUpperCase(), path, operation)),
  );
}

function operationOf(method, path, { parameters = [], requestBody, responses, security = [] }) {
  const schema = requestBody?.content?.['application/json']?.schema;
  const secured = security.length > 0;
  return {
    key: `${method} ${path}`,
    method,
    path,
    secured,
    admin: secured && /\brole admin\b/.test(responses['403']?.description),
    parameters,
    responses,
    ...(schema && { body: { schema, required: requestBody.required === true } }),
  };
}

/**
 * @returns {string} the operations whose path has the one of a request, such as for `PUT /orders`: the methods that
 * there are
 */
export const methodsAt = (operations, path) =>
  operations.filter((operation) => operation.path === path).map(({ method }) => method);
