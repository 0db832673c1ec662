import { afterAll } from 'vitest';
import { sharedShop } from './shared-system.js';
// Order matters: the first needs a quiet system, and the last leaves data that an audit would report. Each has its own
// products.
import './bad-input.shared.js';
import './place-order.shared.js';
import './coupons.shared.js';
import './cancellation.shared.js';
import './hot-sku.shared.js';
import './duplicates.shared.js';
import './page.shared.js';
import './page-faults.shared.js';
import './new-consumer.shared.js';

afterAll(() => sharedShop.close());
