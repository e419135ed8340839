import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { synthesize, VARIANTS } from '../testing/index.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});

const Metric = z.array(z.unknown()).min(2);
const Widget = z.object({
  type: z.string(),
  properties: z.looseObject({ title: z.string().optional(), metrics: z.array(Metric).optional() }),
});
const Body = z.object({ widgets: z.array(Widget) });

function widgetsOf(name: 'plain' | 'full' | 'fullSmall') {
  const { DashboardBody, DashboardName } = synthesized.template(name).one('AWS::CloudWatch::Dashboard');
  expect(DashboardName).toBe('stepcast-us-east-1');
  return Body.parse(JSON.parse(z.string().parse(DashboardBody))).widgets;
}

describe('the dashboard', () => {
  it.each(['plain', 'full', 'fullSmall'] as const)(
    'is free for an account: at most 50 metrics (%s)',
    (name) => {
      const metrics = widgetsOf(name).flatMap(({ properties }) => properties.metrics ?? []);
      expect(metrics.length).toBeGreaterThan(30);
      expect(metrics.length).toBeLessThanOrEqual(50);
    },
  );

  it('has the lag of each hop as p50 and p99', () => {
    const lag = widgetsOf('plain').find(({ properties }) => properties.title?.startsWith('From an event'));
    const text = JSON.stringify(lag);
    for (const metric of ['ArrivalLag', 'HandoverLag', 'DeliveryLag']) expect(text).toContain(metric);
    for (const statistic of ['p50', 'p99']) expect(text.split(`"stat":"${statistic}"`)).toHaveLength(4);
  });

  it.each([
    ['plain', ['stepcast-uploads', 'stepcast-status', 'stepcast-events.fifo']],
    [
      'full',
      [
        'stepcast-uploads',
        'stepcast-status',
        'stepcast-events.fifo',
        'stepcast-progress.fifo',
        'stepcast-first-logins',
      ],
    ],
  ] as const)('has the oldest message of every queue (%s)', (name, queues) => {
    const ages = widgetsOf(name).find(({ properties }) => properties.title?.startsWith('The oldest'));
    const named = (ages?.properties.metrics ?? []).map((metric) => metric[3]);
    expect(named.toSorted()).toEqual([...queues].toSorted());
  });

  it('is left out where the settings say so', () => {
    expect(synthesized.template('existing').of('AWS::CloudWatch::Dashboard')).toEqual([]);
  });
});
