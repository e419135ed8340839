import { describeIssues, parseValue } from '@stepcast/contracts';
import type * as z from 'zod';
import { AwsError } from '../core/index.ts';

export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', 400, message);
export const notAuthorized = (message: string, options?: ErrorOptions) =>
  new AwsError('NotAuthorizedException', 400, message, options);
export const resourceNotFound = (message: string) => new AwsError('ResourceNotFoundException', 400, message);
export const forbiddenRole = (roleArn: string) => notAuthorized(`Access to Role ${roleArn} is forbidden.`);
/** The same words for an unknown user and a wrong password, so that nobody learns which users there are. */
export const wrongCredentials = () => notAuthorized('Incorrect username or password.');

/** @throws AwsError `InvalidParameterException` when it is not there */
export function requiredParameter(parameters: Readonly<Record<string, string>>, name: string): string {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  if (value === undefined) throw invalidParameter(`Missing required parameter ${name}`);
  return value;
}

/**
 * Reads the input of an operation.
 * @throws AwsError `InvalidParameterException` with the path and what was wrong there, never the value.
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = parseValue(schema, input ?? {});
  if (!result.ok) throw invalidParameter(describeIssues(result.issues));
  return result.value;
}
