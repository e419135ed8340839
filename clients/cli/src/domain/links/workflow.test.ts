import { describe, expect, it } from 'vitest';
import type { PolicyStatement } from '@stepcast/policies';
import { allow, policy } from '../../testing/documents.ts';
import {
  found,
  healthyMachine,
  healthySetup,
  judge,
  LOG_GROUP,
  MACHINE_ARN,
  MACHINE_ROLE,
  notFound,
  role,
  roleArn,
  withRoles,
} from '../../testing/fixtures.ts';
import { expectBroken } from '../../testing/expect-broken.ts';
import { shownWorkflows } from './shown-workflows.ts';

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

  describe('of workflows that are shown', () => {
    const roles = (name: string, ...statements: readonly PolicyStatement[]) =>
      withRoles(role(roleArn(name), {}, [{ name: 'own', document: policy(...statements) }]));
    const may = allow('states:DescribeStateMachine', MACHINE_ARN);
    it('finds a provisioner that may not read the definition', () => {
      const other = allow('states:DescribeStateMachine', `${MACHINE_ARN}Two`);
      const name = 'stepcast-provisioner-token-us-east-1';
      expect(judge('workflow.shown', { roles: roles(name, may) }).verdict).toBe('pass');
      expectBroken('workflow.shown', {
        chain: { roles: roles(name, other) },
        says: new RegExp(`${name} does not allow states:DescribeStateMachine`),
        repair: new RegExp(`put-role-policy --role-name ${name} --policy-name stepcast-shown-workflows`),
      });
    });

    it('checks the role of the stage', () => {
      const stage = { stage: 'dev' };
      const name = 'stepcast-dev-provisioner-token-us-east-1';
      expect(judge('workflow.shown', { roles: roles(name, may) }, stage).verdict).toBe('pass');
    });

    it('says when there is no such role, and checks nothing where workflows are not shown', () => {
      expect(judge('workflow.shown', { roles: new Map() })).toMatchObject({
        verdict: 'couldNotCheck',
        evidence: [expect.stringContaining('was not looked up')],
      });
      expect(shownWorkflows.skip?.({ ...healthySetup, showsWorkflows: false })).toMatch(/not shown/);
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
