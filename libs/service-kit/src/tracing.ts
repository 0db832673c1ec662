import { trace } from '@opentelemetry/api';
import { z } from 'zod';
import { EnvironmentError, variable } from './variable.js';

const Endpoint = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional();

/** Where traces go. The other `OTEL_*` variables are read by the SDK and mean what OpenTelemetry says. */
export const TracingConfig = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: Endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Endpoint,
});

/** The parts of a log that tracing writes to. */
export interface TracingLog {
  log(message: string): void;
  warn(message: string): void;
}

/** Delivers what is still to be delivered, within bounds. */
export type StopTracing = () => Promise<void>;

/**
 * Sends the spans of this process to the collector that the environment names, by OTLP over HTTP; without one nothing is
 * loaded, and every span is a no-op.
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

/** The trace that the present work belongs to, for a line in the log. */
export function aboutSpan(): { traceId?: string } {
  const context = trace.getActiveSpan()?.spanContext();
  return context ? { traceId: context.traceId } : {};
}

/** OTLP/HTTP: the signal's own address is taken as it is, the common one is a base (OpenTelemetry Protocol Exporter, "Endpoint URLs"). */
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
