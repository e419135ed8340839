import { expect } from 'vitest';
import { ROLE, sandbox } from './harness.ts';

export const wait = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 60, End: true } } };
export const pass = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
export const prefix = 'arn:aws:states:us-east-1:111122223333';
export const stateMachineArn = `${prefix}:stateMachine:M`;
export const logGroupArn = 'arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/M-Logs:*';
export const loggingConfiguration = {
  level: 'ALL',
  includeExecutionData: true,
  destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }],
};

export async function withMachine(definition: object = wait, fields: object = {}) {
  const one = sandbox({}, {}, { fullValidation: true });
  await one.call('CreateStateMachine', {
    name: 'M',
    definition: JSON.stringify(definition),
    roleArn: ROLE,
    ...fields,
  });
  return one;
}
export function error(code: string, text: string | RegExp = /.*/s): unknown {
  const message: unknown = typeof text === 'string' ? text : expect.stringMatching(text);
  return expect.objectContaining({ code, httpStatus: 400, message });
}

export function tokenOf(page: unknown): string | undefined {
  return typeof page === 'object' &&
    page !== null &&
    'nextToken' in page &&
    typeof page.nextToken === 'string'
    ? page.nextToken
    : undefined;
}
export function idsOf(page: unknown): unknown[] {
  if (typeof page !== 'object' || page === null || !('events' in page) || !Array.isArray(page.events))
    return [];
  return page.events.map((event: { id: number }) => event.id);
}
