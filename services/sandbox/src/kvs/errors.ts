import { describeIssues, parseValue } from '@stepcast/contracts';
import type * as z from 'zod';
import { AwsError } from '../core/index.ts';

export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgumentException', 400, message);
}

export function channelNotFound(what: string): AwsError {
  return new AwsError(
    'ResourceNotFoundException',
    404,
    `The requested channel is not found or not active: ${what}`,
  );
}

/** @throws AwsError `InvalidArgumentException` */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = parseValue(schema, input ?? {});
  if (!result.ok) throw invalidArgument(describeIssues(result.issues));
  return result.value;
}
