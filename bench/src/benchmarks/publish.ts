import type { Benchmark } from '../benchmark.js';
import { measureMessaging } from '../messaging/measure.js';

/** Confirmed publishes of 1 kB to a quorum queue. */
export const benchmark: Benchmark = {
  measure: (run) =>
    measureMessaging({ kind: 'publish', title: 'confirmed publish', aims: { 1: 0.8, 100: 0.8, 1000: 0.8 } }, run),
};
