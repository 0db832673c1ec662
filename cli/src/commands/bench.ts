import { defineCommand, FLAG, NO_LIMIT } from '../command.js';
import { runBenchmarks } from '../benches.js';

export const command = defineCommand({
  usage: `npm run bench -- [--quick] [--profile] [--install-peers] [<name> ...]
Measures, and prints a table with aims, medians, spread and verdicts: all benchmarks, or those that are named.
cost, walls, replicas and scale run only when they are named: how far the system goes (docs/scale.md).
  --quick          one short round each: shows that they work, and its values mean nothing
  --profile        makes CPU profiles of the services under load and lists their causes (orders alone)
  --install-peers  installs the packages of bench/peers first; peers that are not installed are not compared`,
  options: { quick: FLAG, profile: FLAG, 'install-peers': FLAG },
  words: [0, NO_LIMIT],
  run: ({ words, values }) => runBenchmarks(words, { ...values, installPeers: values['install-peers'] }),
});
