import { afterAll } from 'vitest';
import { closeTracedShop } from './traced-shop.js';
// Order matters: a span that the first waits for must not be of another test's order.
import './trace.shared.js';
import './page-window.shared.js';
import './live.shared.js';

afterAll(closeTracedShop);
