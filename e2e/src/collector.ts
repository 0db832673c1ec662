import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** The service of the process that created the span. */
  service: string;
  attributes: Readonly<Record<string, unknown>>;
}

/** Collector of all spans of a system, like Jaeger or Tempo: OTLP over HTTP, as JSON. */
export interface Collector {
  url: string;
  /** Received spans of the service with the name. */
  find(service: string, name: string): CollectedSpan[];
  /** Path from the root of the trace to this span, as `<service>: <name>`; a parent not received yet is `?`. */
  path(span: CollectedSpan): string[];
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const spans = new Map<string, CollectedSpan>();
  const server = createServer((request, response) => {
    receive(request)
      .then((received) => received.forEach((span) => spans.set(span.spanId, span)))
      .then(
        () => response.setHeader('content-type', 'application/json').end('{}'),
        () => response.writeHead(400).end(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const path = ({ parentSpanId, traceId, service, name }: CollectedSpan): string[] => {
    const parent = spans.get(parentSpanId ?? '');
    const above = parent?.traceId === traceId ? path(parent) : parentSpanId ? ['?'] : [];
    return [...above, `${service}: ${name}`];
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    find: (service, name) => [...spans.values()].filter((span) => span.service === service && span.name === name),
    path,
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
}

/** The used part of opentelemetry-proto's `ExportTraceServiceRequest`. */
interface Export {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Omit<CollectedSpan, 'service' | 'attributes'> & { attributes: Attribute[] })[] }[];
  }[];
}
interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number };
}

async function receive(request: IncomingMessage): Promise<CollectedSpan[]> {
  const { resourceSpans } = (await json(request)) as Export;
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name']);
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, service, attributes: valuesOf(span.attributes) }));
  });
}

const valuesOf = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
