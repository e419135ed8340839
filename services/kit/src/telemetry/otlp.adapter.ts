import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type SpanContext,
} from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { pause, type Clock, type Timers } from '../clock.ts';
import { asError, errorFields } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import { createMetricProducer } from './metric-producer.ts';
import type { FinishedSpan, SpanSink } from './spans.ts';

export interface OtlpOptions {
  /** Address of the collector, without `/v1/…`. */
  readonly endpoint: string;
  /** `service.name` of what is sent. */
  readonly service: string;
  /** `service.namespace`: the name of the deployment. */
  readonly deployment: string;
  /** `service.instance.id`: unique among processes, because counters of each begin at zero. */
  readonly instanceId: string;
  readonly metrics: readonly Pick<Metrics, 'read'>[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** Default 2,000: between two batches of spans, unless 512 have gathered. */
  readonly spansEveryMs?: number;
  /** Default 60,000. */
  readonly metricsEveryMs?: number;
}

/** Spans and metrics on their way to a collector. */
export interface Otlp {
  readonly spans: SpanSink;
  /** Sends what has gathered, within {@link STOP_MS}. Never rejects. */
  stop(): Promise<void>;
}

/** Spans that are not sent yet: about 1 KB each. Further ones are dropped. */
export const MAX_SPANS_IN_HAND = 4_096;
const BATCH = 512;
/** For one request with all its repetitions. */
const REQUEST_MS = 5_000;
/** What the last spans and metrics of a process may take. */
export const STOP_MS = 3_000;

const KINDS = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const;

/**
 * Sends spans and metrics with OpenTelemetry's SDK, as OTLP in JSON over HTTP. Nothing is registered globally, and nothing else of the
 * process is instrumented. A collector that is away costs what is in hand: it is said once in the log, and how much was lost once it is back.
 */
export function createOtlp(options: OtlpOptions): Otlp {
  const { clock, timers, logger, metrics, spansEveryMs = 2_000, metricsEveryMs = 60_000 } = options;
  const resource = resourceFromAttributes({
    'service.name': options.service,
    'service.namespace': options.deployment,
    'service.instance.id': options.instanceId,
  });
  const base = options.endpoint.replace(/\/$/, '');
  // At a stop all batches go out side by side; what is over the limit would be lost.
  const limits = { timeoutMillis: REQUEST_MS, concurrencyLimit: MAX_SPANS_IN_HAND / BATCH + 1 };

  let [inHand, lost, isAway] = [0, 0, false];
  const exporter = watched(new OTLPTraceExporter({ ...limits, url: `${base}/v1/traces` }), (count, error) => {
    inHand -= count;
    if (error !== undefined) {
      lost += count;
      if (!isAway) logger.warn(errorFields(error), 'spans not delivered');
    } else if (isAway || lost > 0) {
      logger.info({ lost }, 'spans are delivered again');
      lost = 0;
    }
    isAway = error !== undefined;
  });
  // The SDK asks for IDs while a span is started, which takes no turn of the event loop.
  let next: FinishedSpan | undefined;
  const tracers = new TracerProvider({
    resource,
    idGenerator: { generateTraceId: () => next?.traceId ?? '', generateSpanId: () => next?.spanId ?? '' },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MAX_SPANS_IN_HAND,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: spansEveryMs,
        exportTimeoutMillis: 2 * REQUEST_MS,
      }),
    ],
  });
  const tracer = tracers.getTracer('stepcast');
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ ...limits, url: `${base}/v1/metrics` }),
        exportIntervalMillis: metricsEveryMs,
        exportTimeoutMillis: Math.min(metricsEveryMs, 2 * REQUEST_MS),
        metricProducers: [createMetricProducer({ metrics, resource, nowMs: () => clock.nowMs() })],
      }),
    ],
  });

  function make(finished: FinishedSpan): void {
    next = finished;
    const { traceId, parentSpanId, linkedSpanIds = [], attributes } = finished;
    const span = tracer.startSpan(
      finished.name,
      {
        kind: KINDS[finished.kind],
        startTime: new Date(finished.startMs),
        attributes: { ...attributes },
        links: linkedSpanIds.map((spanId) => ({ context: contextOf(traceId, spanId) })),
      },
      parentSpanId === undefined
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, contextOf(traceId, parentSpanId)),
    );
    if (finished.hasFailed === true) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(new Date(Math.max(finished.startMs, finished.endMs)));
  }

  return {
    spans: {
      record(span) {
        if (inHand >= MAX_SPANS_IN_HAND) {
          lost += 1;
          return;
        }
        inHand += 1;
        try {
          make(span);
        } catch {
          // Whatever it is, the event goes on.
          inHand -= 1;
          lost += 1;
        }
      },
    },
    async stop() {
      const over = new AbortController();
      await Promise.race([
        Promise.allSettled([tracers.shutdown(), meters.shutdown()]),
        pause(timers, STOP_MS, over.signal),
      ]);
      over.abort();
      if (lost + inHand > 0) logger.warn({ lost: lost + inHand }, 'spans lost');
    },
  };
}

function contextOf(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

/** @param onEnd what became of so many spans: an error, or all is well */
function watched(exporter: SpanExporter, onEnd: (count: number, error?: Error) => void): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const isDelivered = result.code === ExportResultCode.SUCCESS;
        onEnd(spans.length, isDelivered ? undefined : asError(result.error ?? 'no reason given'));
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
