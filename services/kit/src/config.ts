import * as z from 'zod';
import { StepcastError } from './errors.ts';
import { LOG_LEVELS } from './logger.ts';

/** Thrown at start when the environment is not usable. The message lists every problem, not just the first. */
export class ConfigError extends StepcastError {
  readonly code = 'KIT_CONFIG_INVALID';
  readonly retryable = false;
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a service's configuration. `names` says which environment variable feeds which field; the schema says what is
 * legal, with its defaults. Empty variables count as absent.
 * @throws ConfigError naming each variable that is missing or wrong
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  names: { readonly [K in keyof z.input<S>]: string },
  environment: Environment,
): z.output<S> {
  const entries = Object.entries<string>(names).map(([field, name]) => {
    const value = environment[name];
    return [field, value === undefined || value.trim() === '' ? undefined : value.trim()] as const;
  });
  const result = schema.safeParse(Object.fromEntries(entries));
  if (result.success) return result.data;
  const nameOf = new Map<string, string>(Object.entries<string>(names));
  throw new ConfigError(
    result.error.issues.map((issue) => {
      const field = String(issue.path[0] ?? '');
      const name = nameOf.get(field) ?? field;
      const missing = environment[name] === undefined || environment[name].trim() === '';
      if (missing) return `${name} is not set`;
      // Texts that are no numbers come as NaN, of which nobody wants to read.
      const isNoNumber = issue.code === 'invalid_type' && issue.expected === 'number';
      return isNoNumber ? `${name} is no number` : `${name}: ${issue.message}`;
    }),
  );
}

/** Fields that every service's configuration has. */
export const commonConfig = {
  /** Least severe log lines that are written. */
  logLevel: z.enum(LOG_LEVELS).default('info'),
  /** Address that the HTTP server listens on. */
  host: z.string().default('127.0.0.1'),
  /** Port of the HTTP server; 0: any free one. */
  port: z.coerce.number().int().min(0).max(65_535).default(8080),
};

/** What the configuration of a service says of its metrics. */
export const metricsConfig = {
  /**
   * What becomes of counters once a minute, beside `/metrics`: nothing; or a line on standard output in CloudWatch's embedded
   * metric format, with the metrics that alarms read (`essential`) or with every counter as a metric (`all`).
   */
  metrics: z.enum(['off', 'essential', 'all']).default('off'),
  /** Value of the dimension `Deployment` of these metrics. */
  deployment: z
    .string()
    .regex(/^[\w.-]{1,128}$/, 'is no name of letters, digits, ".", "_" and "-"')
    .default('stepcast'),
};

/** What the configuration of a service says of OpenTelemetry. */
export const collectorConfig = {
  /**
   * Address of a collector that takes OTLP over HTTP, for example `http://localhost:4318`: metrics go to `/v1/metrics` below it, traces
   * to `/v1/traces`. Without it there are no traces, and the SDK of OpenTelemetry is not loaded. The SDK reads the standard
   * variables of what has no setting here, such as `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_EXPORTER_OTLP_CERTIFICATE`.
   */
  otlpEndpoint: z.url({ protocol: /^https?$/, error: 'must be an http: or https: URL' }).optional(),
};

/** The same of a service that traces uploads. */
export const tracingConfig = {
  ...collectorConfig,
  /** Share of uploads that are traced, from 0 to 1. The same for every service: which uploads it is follows from their IDs. */
  tracesShare: z.coerce.number().min(0).max(1).default(1),
};
