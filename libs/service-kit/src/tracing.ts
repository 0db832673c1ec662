import { trace } from '@opentelemetry/api';
import { z } from 'zod';
import { EnvironmentError, variable } from './variable.js';

const Endpoint = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional();

/** Addresses of the trace collector. The SDK reads the other `OTEL_*` variables, as OpenTelemetry defines them. */
export const TracingConfig = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Endpoint,
});

/** The parts of a logger that tracing uses. */
export interface TracingLog {
  log(message: string): void;
  warn(message: string): void;
}

/** Sends the remaining spans, within a time limit. */
export type StopTracing = () => Promise<void>;

/**
 * Sends the spans of this process to the collector that the environment names, by OTLP over HTTP. Without a collector
 * the SDK is not loaded, and every span is a no-op.
 * @throws EnvironmentError that names a bad endpoint
 */
export async function startTracing(
  name: string,
  environment: NodeJS.ProcessEnv,
  log: TracingLog,
): Promise<StopTracing> {
  const url = collectorOf(environment);
  if (url === undefined) return async () => undefined;
  const { exportSpans } = await import('./tracing.sdk.js');
  return exportSpans(name, url, log);
}

/** Returns the current trace id, for log lines; empty without an active span. */
export function aboutSpan(): { traceId?: string } {
  const context = trace.getActiveSpan()?.spanContext();
  return context ? { traceId: context.traceId } : {};
}

/**
 * Returns the OTLP/HTTP address for traces; undefined when tracing is off. The address for traces is used as it is, the
 * common one is a base (OpenTelemetry Protocol Exporter, "Endpoint URLs").
 */
export function collectorOf(environment: NodeJS.ProcessEnv): string | undefined {
  if (
    environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true' ||
    environment['OTEL_TRACES_EXPORTER'] === 'none'
  )
    return undefined;
  const own = endpoint('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', environment);
  if (own !== undefined) return own;
  const base = endpoint('OTEL_EXPORTER_OTLP_ENDPOINT', environment);
  if (base === undefined) return undefined;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}

function endpoint(name: keyof typeof TracingConfig.shape, environment: NodeJS.ProcessEnv): string | undefined {
  const { success, data, error } = TracingConfig.shape[name].safeParse(variable(name, environment));
  if (!success) throw new EnvironmentError(`${name} is not valid: ${error.issues[0]!.message}`);
  return data;
}
