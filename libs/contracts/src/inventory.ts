import { z } from 'zod';
import { CurrencyCode } from './currency.js';
import { command, event, query } from './kit/message.js';
import { visibleText } from './kit/text.js';
import { Id, page, PageRequest } from './kit/values.js';
import { Money, NewMoney, Quantity, Sku, Warehouse } from './values.js';

/** Number of pieces of each SKU by the warehouse that ships them. */
export const Allocation = z.array(z.object({ sku: Sku, warehouse: Warehouse, quantity: z.int().positive() }));
export type Allocation = z.infer<typeof Allocation>;

export const ProductDetails = z.strictObject({ name: visibleText(200), price: NewMoney });
/** Name and price of a product in one version of it; a newer version replaces an older one. */
export const ProductVersion = z.object({ sku: Sku, name: z.string(), price: Money, version: z.int() });
export type ProductVersion = z.infer<typeof ProductVersion>;
/** The product as customers see it. */
export const Product = z.object({ sku: Sku, name: z.string(), price: Money, available: z.int() });
export type Product = z.infer<typeof Product>;
/** The product with its version; answers of older replicas do not have the version. */
export const VersionedProduct = Product.extend({ version: z.int().optional() });
export type VersionedProduct = z.infer<typeof VersionedProduct>;
/** `reference` is the number of the delivery note: a receipt with the same reference counts once. */
export const Receipt = z.strictObject({
  warehouse: Warehouse,
  quantity: z.int().min(1).max(1_000_000),
  reference: visibleText(100),
});

export const PutProduct = command('inventory.put-product', ProductDetails.extend({ sku: Sku, price: Money }), {
  reply: VersionedProduct,
});
export const ReceiveStock = command('inventory.receive', Receipt.extend({ sku: Sku }), {
  reply: z.object({ sku: Sku, available: z.int() }),
  about: 'Problems: 404 unknown product, 409 the reference was used for another receipt.',
});
export const GetProduct = query('inventory.product', z.object({ sku: Sku }), VersionedProduct, {
  about: 'Problems: 404 unknown product.',
});
export const ListProducts = query('inventory.products', PageRequest, page(VersionedProduct));
export const GetPrices = query(
  'inventory.prices',
  z.object({ skus: z.array(Sku).min(1).max(100) }),
  z.object({ items: z.array(ProductVersion) }),
  {
    about: 'What these products are called and cost now. A SKU that the answer does not name is no product.',
  },
);

export const ProductChanged = event('product.changed', ProductVersion, {
  about: "The product's name and price, from now on; whoever keeps a copy ignores an older version.",
});
export const StockReceived = event(
  'stock.received',
  z.object({ sku: Sku, warehouse: Warehouse, quantity: z.int(), available: z.int(), version: z.int() }),
  { optional: true },
);
export const ProductRestocked = event(
  'product.restocked',
  z.object({ sku: Sku, name: z.string(), available: z.int().positive(), version: z.int() }),
  {
    about:
      'No piece of the product could be ordered, and now some can: by a receipt, a released order or a closed sale. ' +
      'Each return has a `version` of its own, greater than those before.',
  },
);

/** Common fields of the messages about pieces that are set aside for a sale. */
const allotment = { saleId: Id, sku: Sku, version: z.int() };
export const AllotStock = command(
  'inventory.allot',
  z.object({ saleId: Id, sku: Sku, quantity: Quantity, currency: CurrencyCode.optional() }),
  {
    about:
      'Sets pieces aside for a sale, all or none; none where the sale is not in the currency of the product; ' +
      '`stock.allotted` or `stock.allotment_refused` tells which. A sale has one allotment.',
  },
);
export const ReturnAllotment = command(
  'inventory.return-allotment',
  z.object({ saleId: Id, sku: Sku, quantity: Quantity, returned: z.int().positive().optional() }),
  {
    about:
      'Puts pieces that a sale did not sell back on the shelves. `returned` counts all that the sale has ever ' +
      'returned, these among them: what is missing up to there goes back, so it may be sent again. Without it, ' +
      'exactly `quantity` pieces go back.',
  },
);
export const StockAllotted = event('stock.allotted', z.object({ ...allotment, quantity: z.int() }));
export const StockAllotmentRefused = event('stock.allotment_refused', z.object({ ...allotment, available: z.int() }));
export const AllotmentReturned = event(
  'stock.allotment_returned',
  z.object({ ...allotment, quantity: z.int(), returned: z.int().optional() }),
  {
    optional: true,
    about:
      'Pieces of a sale are back on the shelves: `quantity` of them just now, 0 in an answer that is given again; ' +
      '`returned` of them in all.',
  },
);

const reservation = { orderId: Id, userId: Id, version: z.int(), flashSaleId: Id.optional() };
export const StockReserved = event('stock.reserved', z.object({ ...reservation, allocation: Allocation }), {
  about: 'Every line of the order is held for it.',
});
export const StockRejected = event(
  'stock.rejected',
  z.object({ ...reservation, reason: z.enum(['out_of_stock', 'unknown_product']), skus: z.array(Sku) }),
  {
    about: 'No line is held: at least one could not be.',
  },
);
export const StockIssued = event('stock.issued', z.object({ ...reservation, parcelId: Id, allocation: Allocation }), {
  onDemand: true,
  about: 'The pieces of one parcel have left their warehouse.',
});
export const StockReleased = event('stock.released', z.object({ ...reservation, allocation: Allocation }), {
  optional: true,
  marks: { 'flash-sale': ({ flashSaleId }) => flashSaleId !== undefined },
  about:
    "What was held for a cancelled order and had not left is free again; of a sale's order, in the sale's " +
    "allotment. A sale's order that ends before anything was held is told too, with nothing in it: the sale may " +
    'sell its piece again.',
});
