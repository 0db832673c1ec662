import { SpanStatusCode, trace, type Span } from '@opentelemetry/api';

/** The span of the handler that asks for a change; undefined when nothing is traced. */
export const handlerSpan = (): Span | undefined => trace.getActiveSpan();

/**
 * `commit`: one span per batch. It belongs to every message in it and so is no child of any one of them; commit and handlers
 * are linked both ways, so that one finds the other from either end.
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
