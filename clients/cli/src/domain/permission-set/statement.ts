import { type PolicyStatement } from '@stepcast/policies';

export const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: string | readonly string[],
): PolicyStatement => ({ Sid, Effect: 'Allow', Action, Resource });

/** Actions of one service, from their names with spaces between. */
export const on = (service: string, names: string): string[] =>
  names.split(' ').map((name) => `${service}:${name}`);
