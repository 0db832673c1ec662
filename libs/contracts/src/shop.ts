import { CATALOGUE } from './catalogue.js';
import { declareSystem } from './kit/system.js';
import { OrderPlaced } from './orders.js';
import { SENDS } from './senders.js';

const ORDER = '0198c0de-0000-8000-8000-000000000001';
const USER = '0198c0de-0000-7000-8000-000000000002';
const price = { amount: 1_999, currency: 'USD' };
const lines = [{ sku: 'TEE-BLACK', name: 'Tee, black', quantity: 2, unitPrice: price }];

/** The system of this repository, declared for every process that imports its contracts. */
export const { exchanges: EXCHANGES, sendersOf } = declareSystem({
  name: 'shop',
  catalogue: CATALOGUE,
  sends: SENDS,
  document: {
    title: 'Sluice',
    purpose: 'Order processing',
    sendersFile: 'libs/contracts/src/senders.ts',
    examples: [
      {
        source: 'orders',
        message: OrderPlaced({
          orderId: ORDER,
          userId: USER,
          version: 1,
          lines,
          subtotal: { amount: 3_998, currency: 'USD' },
        }),
      },
    ],
  },
});
