import { defineCommand, NO_LIMIT } from '../command.js';
import { runLoadScript } from '../load-script.js';
import { runTests } from '../tests.js';

const FLASH_SALE = 'e2e/src/flash-sale.spec.ts';

export const command = defineCommand({
  usage: `npm run load -- [<script> [options of k6]]
  without a script     the flash sale in full, with a PostgreSQL and a RabbitMQ of its own
  <script>             a k6 script of load/, against the running npm start or BASE_URL`,
  words: [0, NO_LIMIT],
  passes: true,
  run: ({ words: [script, ...options] }) =>
    script === undefined
      ? runTests([FLASH_SALE], { words: [FLASH_SALE], env: { FLASH_SALE_SCALE: '1' } })
      : runLoadScript(script.replace(/\.js$/, ''), options),
});
