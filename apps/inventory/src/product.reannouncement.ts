import { Reannouncement, selected } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { announceProduct } from './product.js';
import type { ProductRepository } from './product.repository.js';

const PRODUCTS =
  'SELECT sku AS id FROM products WHERE version > 0 AND sku > $1 AND $3::text IS NOT NULL ORDER BY sku LIMIT $2';

/** All names and prices. What is held for orders is published again in reply to `order.placed`. */
export const productReannouncement = (pool: Pool, products: ProductRepository): Reannouncement =>
  new Reannouncement({
    what: 'products',
    rows: selected(pool, PRODUCTS, ''),
    announce: (message, { id: sku }) =>
      products.change(message, { products: [sku] }, (state) => announceProduct(state, sku)),
  });
