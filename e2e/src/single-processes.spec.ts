import { afterAll } from 'vitest';
import { processShop } from './process-shop.js';
// Order matters: the last leaves data that an audit would report.
import './machine.shared.js';
import './alerts.shared.js';
import './operations.shared.js';
import './late-answers.shared.js';

afterAll(() => processShop.close());
