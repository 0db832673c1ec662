import { SpanStatusCode, trace, type Span } from '@opentelemetry/api';

/** Returns the span of the current message handler; undefined when tracing is off. */
export const handlerSpan = (): Span | undefined => trace.getActiveSpan();

/**
 * Runs `commit` in one span per batch. The span belongs to all messages of the batch, so it has no parent; commit span
 * and handler spans are linked in both directions.
 */
export async function inCommitSpan<T>(handlers: readonly (Span | undefined)[], commit: () => Promise<T>): Promise<T> {
  const traced = handlers.filter((span) => span?.isRecording() === true) as Span[];
  if (traced.length === 0) return commit();
  const links = traced.map((span) => ({ context: span.spanContext() }));
  const span = trace
    .getTracer('@sluice/persistence')
    .startSpan('commit', { root: true, links, attributes: { 'sluice.batch.messages': handlers.length } });
  for (const handler of traced) handler.addLink({ context: span.spanContext() });
  try {
    return await commit();
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
