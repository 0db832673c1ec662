import { defineCommand, FLAG } from '../command.js';
import { startAndServe } from '../start.js';

export const command = defineCommand({
  usage: `npm start -- [--no-demo] [--exit-after-demo]
  --no-demo            sells no demo order
  --exit-after-demo    stops after the demo order, for scripted checks
Starts everything, and stops it with Ctrl-C. The data stays.`,
  options: { 'no-demo': FLAG, 'exit-after-demo': FLAG },
  run: ({ values }) => startAndServe({ demo: !values['no-demo'], exitAfterDemo: values['exit-after-demo'] ?? false }),
});
