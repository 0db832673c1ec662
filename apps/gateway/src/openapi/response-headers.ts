/** A header that every response of its kind has. */
interface Header {
  description: string;
  required: true;
  schema: { type: 'string' | 'integer'; minimum?: number };
}

const text = (description: string): Header => ({ description, required: true, schema: { type: 'string' } });

/** Responses with a `Location` of the created resource, also one still being created: status codes by path. */
const LOCATED: Record<string, readonly number[]> = {
  '/orders': [201, 202],
  '/orders/{id}/payment': [202],
  '/orders/{id}/cancellation': [202],
  '/flash-sales': [201, 202],
  '/flash-sales/{id}/claims': [202, 303],
};

const BY_STATUS: Record<number, Record<string, Header>> = {
  401: { 'WWW-Authenticate': text('The scheme: Bearer') },
  429: { 'Retry-After': { description: 'Seconds', required: true, schema: { type: 'integer', minimum: 0 } } },
  503: { 'Retry-After': { description: 'Seconds', required: true, schema: { type: 'integer', minimum: 0 } } },
};

/** Headers that a client can rely on. */
export function headersOf(path: string, status: number): Record<string, Header> {
  const location = LOCATED[path]?.includes(status) ? { Location: text('Where it is, or will be') } : undefined;
  const correlation = { 'X-Correlation-Id': text('What everything that the request caused has in common') };
  return { ...correlation, ...BY_STATUS[status], ...location };
}
