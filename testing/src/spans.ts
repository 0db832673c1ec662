import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';
import { eventually } from './eventually.js';

/** The spans that this process makes, kept in memory. */
export type Recorder = ReturnType<typeof recordSpans>;

export function recordSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  const named = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
  return {
    /** Those that have ended, by name. */
    named,
    /** Waits for the only span of that name. */
    one: (name: string): Promise<ReadableSpan> =>
      eventually(() => {
        const [span, ...more] = named(name);
        if (!span || more.length > 0)
          throw new Error(
            `${more.length + (span ? 1 : 0)} spans are called "${name}", among ${exporter
              .getFinishedSpans()
              .map((each) => each.name)
              .join(', ')}`,
          );
        return span;
      }),
    /** Runs `work` in a span of that name, which begins a new trace. */
    within: <T>(name: string, work: () => Promise<T>): Promise<T> =>
      trace.getTracer('test').startActiveSpan(name, { root: true }, (span) => work().finally(() => span.end())),
    clear: () => exporter.reset(),
    /** As if there had never been an SDK in this process. */
    close: async () => {
      await provider.shutdown();
      for (const api of [trace, context, propagation]) api.disable();
    },
  };
}

/** The text of the header for this span (W3C Trace Context). */
export const traceparentOf = (span: Pick<ReadableSpan, 'spanContext'>): string => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-0${traceFlags}`;
};

/** For assertions about edges: the parent that a span names, and the same text of the parent itself. */
export const parentOf = ({ parentSpanContext }: ReadableSpan): string | undefined =>
  parentSpanContext && `${parentSpanContext.traceId} ${parentSpanContext.spanId}`;
export const idOf = (span: Pick<ReadableSpan, 'spanContext'>): string =>
  `${span.spanContext().traceId} ${span.spanContext().spanId}`;
