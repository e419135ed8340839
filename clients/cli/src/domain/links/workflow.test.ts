import { describe, it } from 'vitest';
import {
  found,
  healthyMachine,
  LOG_GROUP,
  MACHINE_ROLE,
  notFound,
  role,
  withRoles,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

const machine = (change: Partial<typeof healthyMachine>) => ({
  stateMachine: found({ ...healthyMachine, ...change }),
});

describe('workflow', () => {
  it('finds that logging is off, or for failures only', () => {
    expectBroken('workflow.logLevel', {
      chain: machine({ logLevel: 'OFF' }),
      says: /level OFF/,
      repair: /update-state-machine .*"level":"ALL"/,
    });
    expectBroken('workflow.logLevel', {
      chain: machine({ logLevel: 'ERROR' }),
      verdict: 'warn',
      says: /steps that succeed are not seen/,
      repair: /update-state-machine/,
    });
  });

  it('finds a machine that is not there', () => {
    expectBroken('workflow.logLevel', {
      chain: { stateMachine: notFound },
      says: /there is no state machine/,
      repair: /list-state-machines/,
      mends: false,
    });
  });

  it('finds that execution data is left out: a warning for Standard, a failure for Express', () => {
    expectBroken('workflow.executionData', {
      chain: machine({ includesExecutionData: false }),
      verdict: 'warn',
      says: /owners are looked up one by one/,
      repair: /"includeExecutionData":true/,
    });
    expectBroken('workflow.executionData', {
      chain: machine({ includesExecutionData: false, type: 'EXPRESS' }),
      says: /their owner stays unknown/,
      repair: /update-state-machine/,
    });
  });

  it('finds a destination without ":*", and one that is not subscribed to', () => {
    expectBroken('workflow.destination', {
      chain: machine({ logGroupArns: [`arn:aws:logs:us-east-1:111122223333:log-group:${LOG_GROUP}`] }),
      says: /not the ARN of a log group with ":\*" at the end/,
      repair: /update-state-machine/,
    });
    expectBroken('workflow.destination', {
      setup: { logGroupName: '/other' },
      chain: { logGroup: found({ name: '/other', logClass: 'STANDARD' }) },
      says: /is looked for on \/other/,
      repair: /log-group:\/other:\*/,
    });
  });

  it('finds a log group that is gone, or takes no subscription', () => {
    expectBroken('workflow.destination', {
      chain: { logGroup: notFound },
      says: /logging simply stops/,
      repair: /create-log-group/,
    });
    expectBroken('workflow.destination', {
      chain: { logGroup: found({ name: LOG_GROUP, logClass: 'INFREQUENT_ACCESS' }) },
      says: /only STANDARD takes subscriptions/,
      repair: /create-log-group/,
      mends: false,
    });
  });

  it('finds a role that cannot deliver logs', () => {
    expectBroken('workflow.role', {
      chain: { roles: withRoles(role(MACHINE_ROLE, {}, [])) },
      says: /ProgressPipelineRole does not allow logs:CreateLogDelivery/,
      repair: /put-role-policy --role-name ProgressPipelineRole/,
    });
  });
});
