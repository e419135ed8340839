import {
  byteLength,
  jsonProblem,
  MAX_DATA_BYTES,
  type LoggingConfiguration,
} from '@stepcast/asl-interpreter';
import { apiErrors } from './api/errors.ts';
import type { LoggingRequest } from './api/requests.ts';

/** The input of an execution. Throws `InvalidExecutionInput`. */
export function readInput(text: string | undefined): string {
  const input = text ?? '{}';
  if (byteLength(input) > MAX_DATA_BYTES)
    throw apiErrors.invalidInput(`longer than ${MAX_DATA_BYTES} bytes of UTF-8`);
  const problem = jsonProblem(input);
  if (problem !== undefined)
    throw apiErrors.invalidInput(input.trim() === '' ? 'Invalid execution input.' : problem);
  return input;
}

/** Throws `InvalidLoggingConfiguration`. */
export function readLogging(request: LoggingRequest | undefined): LoggingConfiguration {
  const destinations = (request?.destinations ?? []).map((one) => one.cloudWatchLogsLogGroup);
  const level = request?.level ?? 'OFF';
  if (destinations.length > 1 || (level !== 'OFF' && destinations.length === 0))
    throw apiErrors.invalidLogging('Must specify exactly one Log Destination.');
  for (const { logGroupArn } of destinations)
    if (!/^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[^:]+:\*$/.test(logGroupArn))
      throw apiErrors.invalidLogging(
        `Log Destination must be the ARN of a log group, ending in ":*": ${logGroupArn}`,
      );
  return { level, includeExecutionData: request?.includeExecutionData ?? false, destinations };
}
