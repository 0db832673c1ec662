import { OrderPlaced, type Contract, type Outgoing } from '@sluice/contracts';
import { encode } from '../codec.js';

const ORDER = '0198c0de-0000-8000-8000-000000000001';
const USER = '0198c0de-0000-7000-8000-000000000002';
const price = { amount: 1_999, currency: 'USD' };
const lines = [{ sku: 'TEE-BLACK', name: 'Tee, black', quantity: 2, unitPrice: price }];

/** A single example is enough: other messages differ only in their data. */
const EXAMPLES: readonly Outgoing[] = [
  OrderPlaced({ orderId: ORDER, userId: USER, version: 1, lines, subtotal: { amount: 3_998, currency: 'USD' } }),
];

const ABOUT = {
  id: '0198c0de-0000-7000-8000-000000000003',
  time: '2026-01-02T03:04:05.678Z',
  correlationId: '0198c0de-0000-7000-8000-000000000004',
  source: 'orders',
};

/** The example of a contract, as encoded for the wire. */
export function exampleOf({ type }: Contract): { examples?: object[] } {
  const example = EXAMPLES.find(({ contract }) => contract.type === type);
  if (!example) return {};
  const { properties, body } = encode(example, ABOUT);
  return { examples: [{ name: 'example', headers: properties.headers, payload: JSON.parse(body) as unknown }] };
}
