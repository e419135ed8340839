import type { PolicyDocument, PolicyStatement } from '@stepcast/policies';

/** Policy documents in few words. Only for tests. */
export const policy = (...Statement: readonly PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement,
});
export const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[],
): PolicyStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
});
