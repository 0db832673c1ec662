import { system, type Contract } from '@sluice/contracts/kit';
import { encode } from '../codec.js';

const ABOUT = {
  id: '0198c0de-0000-7000-8000-000000000003',
  time: '2026-01-02T03:04:05.678Z',
  correlationId: '0198c0de-0000-7000-8000-000000000004',
};

/** The example of a contract, as encoded for the wire. */
export function exampleOf({ type }: Contract): { examples?: object[] } {
  const example = system().document?.examples.find(({ message }) => message.contract.type === type);
  if (!example) return {};
  const { properties, body } = encode(example.message, { ...ABOUT, source: example.source });
  return { examples: [{ name: 'example', headers: properties.headers, payload: JSON.parse(body) as unknown }] };
}
