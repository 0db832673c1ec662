import { afterAll } from 'vitest';
import { closeSharedShop } from './shared-system.js';
// In this order: the first wants nothing else to move meanwhile, and the last leaves behind what an audit would find. Each has products of its own.
import './bad-input.shared.js';
import './place-order.shared.js';
import './coupons.shared.js';
import './cancellation.shared.js';
import './hot-sku.shared.js';
import './duplicates.shared.js';
import './fuzz.shared.js';
import './new-consumer.shared.js';

afterAll(closeSharedShop);
