import { context, diag, DiagLogLevel, propagation, trace, type DiagLogger } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { StopTracing, TracingLog } from './tracing.js';

/** What a shutdown waits for a collector. The whole of it has 15 s, and what has come so far has already been sent every few seconds. */
const FLUSH_TIMEOUT_MS = 2_000;
/** Longer than any healthy collector takes; the SDK's own 10 s would let retries of several batches pile up. OTEL_EXPORTER_OTLP_TIMEOUT changes it. */
const EXPORT_TIMEOUT_MS = 5_000;

/** Sets the SDK up: everything in this process that uses the API of OpenTelemetry records from now on. */
export function exportSpans(name: string, url: string, log: TracingLog): StopTracing {
  // The set-up's own words only (a sampler that does not exist): what is lost later is told by `Delivery`, once, not for each batch.
  diag.setLogger(complaints(log), { logLevel: DiagLogLevel.WARN });
  const exporter = new Delivery(new OTLPTraceExporter({ url, ...timeout() }), url, log);
  const resource = defaultResource()
    .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: name }))
    .merge(detectResources({ detectors: [envDetector] }));
  // The queue of the processor is bounded (OTEL_BSP_MAX_QUEUE_SIZE, 2048 spans): what is beyond it is dropped.
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
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_TIMEOUT_MS)));
  await Promise.race([provider.shutdown().catch(() => undefined), patience]);
  clearTimeout(timer);
  for (const api of [trace, context, propagation]) api.disable();
}

const complaints = (log: TracingLog): DiagLogger => {
  const complain = (message: string): void => log.warn(`tracing: ${message}`);
  const nothing = (): void => undefined;
  return { error: complain, warn: complain, info: nothing, debug: nothing, verbose: nothing };
};

/** An exporter that says when the collector goes, and when it is back; what is not delivered is lost, and harms nobody. */
class Delivery implements SpanExporter {
  #away = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly url: string,
    private readonly log: TracingLog,
  ) {}

  export(...[spans, done]: Parameters<SpanExporter['export']>): void {
    this.exporter.export(spans, (result) => {
      this.#note(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }

  #note(error: Error | undefined): void {
    if (this.#away === Boolean(error)) return;
    this.#away = Boolean(error);
    if (error)
      this.log.warn(`traces are lost, the collector at ${this.url} does not take them: ${error.message || error.name}`);
    else this.log.log(`the collector at ${this.url} takes traces again`);
  }
}
