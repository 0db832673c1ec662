import { context, diag, DiagLogLevel, propagation, trace, type DiagLogger } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { StopTracing, TracingLog } from './tracing.js';

/** Maximum wait for the collector at shutdown, which has 15 s in all. Spans are sent every few seconds anyway. */
const FLUSH_TIMEOUT_MS = 2_000;
/**
 * Longer than any healthy collector takes. With the SDK's default of 10 s, retries of several batches would accumulate.
 * OTEL_EXPORTER_OTLP_TIMEOUT changes it.
 */
const EXPORT_TIMEOUT_MS = 5_000;

/** Starts the SDK: from now on all code in this process that uses the OpenTelemetry API records spans. */
export function exportSpans(name: string, url: string, log: TracingLog): StopTracing {
  // Only problems of the setup (an unknown sampler) are logged here; `ReportingExporter` reports lost spans, once.
  diag.setLogger(setupLogger(log), { logLevel: DiagLogLevel.WARN });
  const exporter = new ReportingExporter(new OTLPTraceExporter({ url, ...timeout() }), url, log);
  const resource = defaultResource()
    .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: name }))
    .merge(detectResources({ detectors: [envDetector] }));
  // The queue of the processor is bounded (OTEL_BSP_MAX_QUEUE_SIZE, 2048 spans); further spans are dropped.
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  provider.register();
  diag.disable();
  return () => stop(provider);
}

const timeout = (): { timeoutMillis?: number } =>
  process.env['OTEL_EXPORTER_OTLP_TIMEOUT'] || process.env['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT']
    ? {}
    : { timeoutMillis: EXPORT_TIMEOUT_MS };

async function stop(provider: NodeTracerProvider): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_TIMEOUT_MS)));
  await Promise.race([provider.shutdown().catch(() => undefined), deadline]);
  clearTimeout(timer);
  for (const api of [trace, context, propagation]) api.disable();
}

const setupLogger = (log: TracingLog): DiagLogger => {
  const warn = (message: string): void => log.warn(`tracing: ${message}`);
  const ignore = (): void => undefined;
  return { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
};

/** Logs when the collector becomes unavailable and when it is back. Spans that cannot be delivered are dropped. */
class ReportingExporter implements SpanExporter {
  #unavailable = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly url: string,
    private readonly log: TracingLog,
  ) {}

  export(...[spans, done]: Parameters<SpanExporter['export']>): void {
    this.exporter.export(spans, (result) => {
      this.#report(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  #report(error: Error | undefined): void {
    if (this.#unavailable === Boolean(error)) return;
    this.#unavailable = Boolean(error);
    if (error)
      this.log.warn(`traces are lost, the collector at ${this.url} does not take them: ${error.message || error.name}`);
    else this.log.log(`the collector at ${this.url} takes traces again`);
  }
}
