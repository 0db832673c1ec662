import { type Data, type Reply, type ReceiveStock, StockReceived } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { available, emptyShelf, received, restocks, shelf, shelvesOf } from './stock.js';
import type { Receipt, StockDecision, StockKeys, StockState } from './tables.js';

type Delivered = Data<typeof ReceiveStock>;

/** The key of a delivery note's line for one product. A SKU has no slash, so no two lines share a key. */
export const receiptId = ({ sku, reference }: Pick<Delivered, 'sku' | 'reference'>): string => `${sku}/${reference}`;

export const receiptKeys = (delivered: Delivered): StockKeys => ({
  products: [delivered.sku],
  receipts: [receiptId(delivered)],
  stock: shelvesOf(delivered.sku),
});

/**
 * Adds received pieces; the same delivery note counts once for each product on it.
 * @throws ProblemError 404 unknown product, 409 the reference was used for another receipt
 */
export function receiveStock(state: StockState, delivered: Delivered): StockDecision<Reply<typeof ReceiveStock>> {
  const { sku, warehouse, quantity } = delivered;
  if (!state.products[sku]) throw ProblemError.of(404, 'No such product', `There is no product ${sku}.`);
  const before = state.receipts[receiptId(delivered)];
  if (before && !isRepeat(before, delivered))
    throw ProblemError.of(
      409,
      'Reference already used',
      `${delivered.reference} has brought ${before.quantity} of ${sku} to ${before.warehouse}.`,
    );
  if (before) return { reply: { sku, available: available(sku, state.stock) } };
  const key = shelf(sku, warehouse);
  const stock = received(state.stock[key] ?? emptyShelf(sku, warehouse), quantity);
  const total = available(sku, { ...state.stock, [key]: stock });
  return {
    state: {
      receipts: { [receiptId(delivered)]: { id: receiptId(delivered), ...delivered, version: 1 } },
      stock: { [key]: stock },
    },
    messages: [
      StockReceived({ sku, warehouse, quantity, available: total, version: stock.version }),
      ...restocks(state, { [key]: stock }),
    ],
    reply: { sku, available: total },
  };
}

const isRepeat = (receipt: Receipt, { warehouse, quantity }: Delivered): boolean =>
  receipt.warehouse === warehouse && receipt.quantity === quantity;
