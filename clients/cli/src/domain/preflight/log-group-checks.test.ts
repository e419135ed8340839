import { describe, expect, it } from 'vitest';
import { absent, failing, filter, LOGS, planWith, ready } from '../../testing/preflight-account.ts';
import { known, unavailable } from '../evidence.ts';
import type { AccountFacts } from './facts.ts';
import { judge } from './index.ts';

describe('log groups of tasks that report, before a deployment', () => {
  const RESIZE = '/aws/lambda/resize';
  const reporting = { reports: { logGroupNames: [RESIZE] } };
  const groupOf = (name: string, filters: readonly string[], logClass = 'STANDARD') =>
    [
      name,
      {
        group: known({ found: true, value: { name, logClass } } as const),
        filters: known(filters.map(filter)),
      },
    ] as const;
  const reportsFrom = (...groups: readonly ReturnType<typeof groupOf>[]): Partial<AccountFacts> => ({
    reportLogGroups: new Map(groups),
  });

  it.each([
    [
      'is not there',
      { reportLogGroups: new Map([[RESIZE, { group: absent, filters: unavailable('no such group') }]]) },
      /there is no log group \/aws\/lambda\/resize/,
      /create-log-group --log-group-name \/aws\/lambda\/resize/,
    ],
    [
      'takes no subscription',
      reportsFrom(groupOf(RESIZE, [], 'INFREQUENT_ACCESS')),
      /INFREQUENT_ACCESS/,
      /#/,
    ],
    [
      'has two subscriptions of others',
      reportsFrom(groupOf(RESIZE, ['a', 'b'])),
      /resize has no room: a, b/,
      /delete-subscription-filter .*--filter-name a\n/,
    ],
  ] as const)('were not checked: one that %s is found', (_what, facts, seen, mended) => {
    const [found, ...more] = failing(facts, reporting);
    expect(more).toEqual([]);
    expect(found?.link).toBe('deploy.reports');
    expect(found?.evidence.join('\n')).toMatch(seen);
    expect(`${found?.repair.join('\n') ?? ''}\n`).toMatch(mended);
  });

  it('log groups of tasks that report take the subscription of this very deployment', () => {
    const facts = reportsFrom(groupOf(RESIZE, ['stepcast-forwarder-reports', 'others']));
    expect(failing(facts, reporting)).toEqual([]);
    expect(judge(planWith(), ready).skipped.map(({ link }) => link)).toContain('deploy.reports');
  });

  it('a log group with the log of the workflow and with reports needs room for both', () => {
    const both = { reports: { logGroupNames: [LOGS] } };
    const alone = ['stepcast-forwarder', 'stepcast-forwarder-reports'];
    const filtersAre = (filters: readonly string[]) => ({
      subscriptionFilters: known(filters.map(filter)),
      ...reportsFrom(groupOf(LOGS, filters)),
    });
    expect(failing(filtersAre(alone), both)).toEqual([]);
    expect(failing(filtersAre(['others']), both).map(({ link }) => link)).toEqual([
      'deploy.logGroup',
      'deploy.reports',
    ]);
  });
});
