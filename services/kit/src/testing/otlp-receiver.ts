import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';

const Attributes = z
  .array(
    z.object({
      key: z.string(),
      value: z.object({
        stringValue: z.string().optional(),
        intValue: z.coerce.number().optional(),
        doubleValue: z.number().optional(),
      }),
    }),
  )
  .default([])
  .transform((all) =>
    Object.fromEntries(
      all.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
    ),
  );
const Resource = z.object({ attributes: Attributes });

const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: Attributes,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
  status: z.object({ code: z.number().default(0) }).default({ code: 0 }),
});
const Traces = z.object({
  resourceSpans: z.array(
    z.object({ resource: Resource, scopeSpans: z.array(z.object({ spans: z.array(Span) })) }),
  ),
});

const Point = z.object({
  attributes: Attributes,
  asDouble: z.number().optional(),
  count: z.coerce.number().optional(),
  sum: z.number().optional(),
  bucketCounts: z.array(z.coerce.number()).optional(),
  explicitBounds: z.array(z.number()).optional(),
});
const Metric = z.object({
  name: z.string(),
  unit: z.string().default(''),
  sum: z.object({ dataPoints: z.array(Point), isMonotonic: z.boolean() }).optional(),
  histogram: z.object({ dataPoints: z.array(Point) }).optional(),
});
const MetricsRequest = z.object({
  resourceMetrics: z.array(
    z.object({ resource: Resource, scopeMetrics: z.array(z.object({ metrics: z.array(Metric) })) }),
  ),
});

/** A span as it came in, with `service.name` of its resource. */
export type ReceivedSpan = z.output<typeof Span> & { readonly service: string };
export type ReceivedMetric = z.output<typeof Metric> & { readonly service: string };

/** A collector that takes OTLP in JSON over HTTP. */
export interface OtlpReceiver {
  /** `http://127.0.0.1:…`, without `/v1/…`. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  readonly metrics: readonly ReceivedMetric[];
  /** Bodies as they came in. */
  readonly bodies: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
  /** How it answers from now on. Default `taken`; `never`: not at all; `refused`: 400; `away`: the connection is reset. */
  answer(how: 'taken' | 'refused' | 'never' | 'away'): void;
  /** Resolves as soon as `enough` is true of what came in. */
  until(enough: (receiver: OtlpReceiver) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const bodies: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  let how: Parameters<OtlpReceiver['answer']>[0] = 'taken';
  let waiting: { readonly enough: (receiver: OtlpReceiver) => boolean; readonly resolve: () => void }[] = [];

  function take(path: string | undefined, body: string): void {
    bodies.push(body);
    if (path === '/v1/traces')
      for (const { resource, scopeSpans } of Traces.parse(JSON.parse(body)).resourceSpans)
        for (const span of scopeSpans.flatMap((scope) => scope.spans))
          spans.push({ ...span, service: String(resource.attributes['service.name']) });
    if (path === '/v1/metrics')
      for (const { resource, scopeMetrics } of MetricsRequest.parse(JSON.parse(body)).resourceMetrics)
        for (const metric of scopeMetrics.flatMap((scope) => scope.metrics))
          metrics.push({ ...metric, service: String(resource.attributes['service.name']) });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
    } catch {
      // Who sent it has given up, or is gone.
      return;
    }
    headers.push(request.headers);
    if (how === 'away') request.socket.destroy();
    else if (how === 'refused') response.writeHead(400).end();
    if (how !== 'taken') return;
    take(request.url, Buffer.concat(chunks).toString());
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    for (const one of waiting.filter(({ enough }) => enough(receiver))) one.resolve();
    waiting = waiting.filter(({ enough }) => !enough(receiver));
  }

  const server = createServer((request, response) => {
    void handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${port}`,
    spans,
    metrics,
    bodies,
    headers,
    answer(next) {
      how = next;
    },
    async until(enough) {
      if (enough(receiver)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ enough, resolve });
      await promise;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  return receiver;
}
