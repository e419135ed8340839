/** A span that is over. IDs are hexadecimal: 32 digits of a trace, 16 of a span. */
export interface FinishedSpan {
  /** One of few. */
  readonly name: string;
  readonly kind: 'internal' | 'producer' | 'consumer' | 'client';
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the root. */
  readonly parentSpanId: string | undefined;
  /** Further spans of the trace that led to it. */
  readonly linkedSpanIds?: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly hasFailed?: boolean;
  /** Names, counts and IDs; never an input, an output, a key or a token. */
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Takes spans. Never throws and never waits: what does not fit is dropped and counted. */
export interface SpanSink {
  record(span: FinishedSpan): void;
}

/** That uploads are traced, and how. */
export interface Tracing {
  readonly spans: SpanSink;
  /** Share of uploads that are traced, from 0 to 1. */
  readonly share: number;
}
