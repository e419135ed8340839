import { describe, expect, it } from 'vitest';
import { known } from '../evidence.ts';
import { expectBroken } from '../../testing/expect-broken.ts';

describe('logs', () => {
  it('finds that the log delivery may not write', () => {
    expectBroken('logs.resourcePolicy', {
      chain: { logResourcePolicies: known([]) },
      says: /no resource policy lets delivery\.logs\.amazonaws\.com/,
      repair: /put-resource-policy/,
    });
  });

  it('warns before the resource policies are full', () => {
    const entry = {
      name: 'p',
      document: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'delivery.logs.amazonaws.com' },
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: '*',
          },
        ],
      },
    };
    expectBroken('logs.resourcePolicy', {
      chain: { logResourcePolicies: known(Array.from({ length: 10 }, () => entry)) },
      verdict: 'warn',
      says: /10 of 10 policies/,
      repair: /aws\/vendedlogs/,
      mends: false,
    });
  });

  it('finds that the forwarder is not subscribed', () => {
    const result = expectBroken('logs.subscription', {
      chain: { subscriptionFilters: known([]) },
      says: /has no subscription filter/,
      repair: /put-subscription-filter/,
    });
    expect(result.repair[0]).toContain('lambda add-permission');
  });

  it('finds that both places are taken by others', () => {
    const other = (name: string) => ({
      name,
      pattern: '',
      destinationArn: `arn:aws:lambda:us-east-1:111122223333:function:${name}`,
    });
    expectBroken('logs.subscription', {
      chain: { subscriptionFilters: known([other('datadog'), other('audit')]) },
      says: /subscribed to by datadog .*, audit .*, not by stepcast-forwarder/,
      repair: /delete-subscription-filter/,
    });
  });

  it('warns of a pattern that leaves records out', () => {
    expectBroken('logs.subscription', {
      chain: {
        subscriptionFilters: known([
          {
            name: 'stepcast-forwarder',
            pattern: '{ ($.type != "TaskScheduled") }',
            destinationArn: 'arn:aws:lambda:us-east-1:111122223333:function:stepcast-forwarder',
          },
        ]),
      },
      verdict: 'warn',
      says: /lets only some records through/,
      repair: /--filter-pattern ''/,
    });
  });
});
