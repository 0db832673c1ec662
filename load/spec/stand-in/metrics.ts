import { afterInit, declare, duringInit, sample, type MetricType } from './run-state.js';

const metric = (type: MetricType) =>
  class {
    constructor(readonly name: string) {
      duringInit(`new metric ${name}`);
      if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/.test(name)) throw new Error(`"${name}" is no name of a metric`);
      declare(name, type);
    }

    add(value: number | boolean, tags?: Record<string, string>): void {
      afterInit(`${this.name}.add()`);
      sample(this.name, Number(value), tags);
    }
  };

export const Counter = metric('counter');
export const Gauge = metric('gauge');
export const Rate = metric('rate');
export const Trend = metric('trend');
