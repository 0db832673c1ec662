import type { Benchmark } from '../benchmark.js';
import { measureMessaging } from '../messaging/measure.js';

/** Requests of 1 kB that another process answers by direct reply-to. */
export const benchmark: Benchmark = {
  measure: (run) => measureMessaging({ kind: 'request', title: 'RPC', aims: { 1: 0.8, 16: 0.7, 128: 0.7 } }, run),
};
