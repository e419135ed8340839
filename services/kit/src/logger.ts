import { pino, type DestinationStream } from 'pino';

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type LogMethod = (fields: object, message: string) => void;

/**
 * What the code logs with: fields first, then a constant phrase. Inputs, outputs, tokens and credentials never go in.
 */
export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  child(bindings: Readonly<Record<string, string>>): Logger;
}

/**
 * A structured logger on standard output, one JSON object a line.
 * @param options.destination default standard output
 */
export function createLogger(options: {
  readonly service: string;
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // Belt and braces: nothing of ours logs these, a careless field does not either.
    redact: [
      'token',
      'idToken',
      'authorization',
      'password',
      'secretAccessKey',
      'sessionToken',
      'input',
      'output',
      '*.idToken',
      '*.secretAccessKey',
      '*.sessionToken',
    ],
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

const ignore = () => undefined;

/** Says nothing. For tests that do not read logs. */
export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  child: () => silentLogger,
};
