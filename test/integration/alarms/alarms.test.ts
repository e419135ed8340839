import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ALARM_TEXTS, headingOf, OWN, type EvaluatedAlarm, type MetricPoint } from '@stepcast/cdk/testing';
import * as z from 'zod';
import { LOG_EVENT_OVERHEAD_BYTES } from '../../bench/cost/course.ts';
import { INPUTS } from '../../bench/cost/upload.ts';
import { anchorsOf } from '../../support/markdown-links.ts';
import { withTables } from './alarm-page.ts';
import { synthesizeAlarms } from './deployed-alarms.ts';
import { linesOfBusyMinute } from './busy-minute.ts';
import { FAULTS, throttledTable, type Fault } from './faults.ts';
import { START_MS } from './metered.ts';

const OPERATIONS = join(import.meta.dirname, '..', '..', '..', 'docs', 'operations');
const page = (name: string) => readFileSync(join(OPERATIONS, name), 'utf8');
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const deployed = synthesizeAlarms();
const { synthesized, alarmsOf } = deployed;
afterAll(() => {
  synthesized.remove();
});

const all = deployed.all();
const faults: Readonly<Record<string, Fault>> = FAULTS;

/** Whether it fires at the end of any minute of the two hours from the beginning on. */
function firesAtAll(alarm: EvaluatedAlarm, points: readonly MetricPoint[], hours = 1): boolean {
  const minutes = Array.from({ length: (hours * HOUR_MS) / MINUTE_MS }, (_, minute) => minute + 1);
  // Before there were any values the service did not run: that is not what is tested.
  return minutes.some((minute) => {
    const nowMs = START_MS + minute * MINUTE_MS;
    return minute * MINUTE_MS >= 5 * MINUTE_MS && alarm.fires(points, nowMs);
  });
}

describe('every alarm', () => {
  it.each([...all])('%s fires under its fault, and without it does not', async (name, alarm) => {
    const fault = faults[name];
    expect(fault).toBeDefined();
    const course = await fault?.course(alarm);
    const hours = alarm.periodMs === HOUR_MS ? 2 : 1;
    expect(firesAtAll(alarm, course?.without ?? [])).toBe(false);
    expect(firesAtAll(alarm, course?.with ?? [], hours)).toBe(true);
  });

  it('throttled fires for a table that goes on throttling, and not for one that does so for a minute', async () => {
    const throttled = all.get('throttled');
    if (throttled === undefined) throw new Error('no alarm');
    expect(firesAtAll(throttled, await throttledTable(1))).toBe(false);
    expect(firesAtAll(throttled, await throttledTable(15))).toBe(true);
  });

  it('has a text, a fault and a heading of the runbook, and nothing else has', () => {
    const names = [...all.keys()].toSorted();
    expect(Object.keys(ALARM_TEXTS).toSorted()).toEqual(names);
    expect(Object.keys(FAULTS).toSorted()).toEqual(names);
    const [, alarms = ''] = page('runbook.md').split('\n## Alarms\n');
    const [section = ''] = alarms.split('\n## ');
    const headings = [...section.matchAll(/^### `([^`]+)`$/gm)].map(([, name = '']) => name);
    expect(headings.toSorted()).toEqual(names);
    for (const paragraphs of section.split('\n### ').slice(1))
      expect(paragraphs).toMatch(/\*\*What:\*\*[\s\S]*\*\*How to look:\*\*[\s\S]*\*\*How to mend:\*\*/);
  });

  it('leads to its heading', () => {
    const headings = anchorsOf(page('runbook.md'));
    for (const name of ['plain', 'full', 'fullSmall', 'existing', 'more', 'moreLarge'] as const) {
      const base =
        name === 'existing' ? 'https://wiki.example.com/stepcast/runbook' : 'docs/operations/runbook.md';
      for (const [alarm, { description }] of alarmsOf(name)) {
        expect(description.endsWith(` What to do: ${base}#${headingOf(alarm)}`)).toBe(true);
        expect(headings).toContain(headingOf(alarm));
      }
    }
  });

  it('is in the table of docs/operations/alarms.md, with how it was made to fire', () => {
    expect(withTables(page('alarms.md'), deployed)).toBe(page('alarms.md'));
  });
});

describe('the alarms of a deployment', () => {
  it('read sixteen metrics by default, which is what the cost model counts', () => {
    const read = [...alarmsOf('plain').values()].reduce((sum, { series }) => sum + series.length, 0);
    expect(read).toBe(16);
  });

  it('of the metrics that services write read what they write: namespace, name and dimension', () => {
    const own = [...all.values()].flatMap(({ series }) =>
      series.filter(({ namespace, dimensions }) => namespace === 'Stepcast' && 'Deployment' in dimensions),
    );
    expect(own.map(({ metricName }) => metricName).toSorted()).toEqual([
      'DeliveryLag',
      'NotReady',
      'Parked',
      'Quarantined',
      'Started',
      'Throttled',
    ]);
    for (const { dimensions } of own) expect(dimensions).toEqual({ Deployment: 'stepcast' });
  });
});

describe('subscription filters', () => {
  const Filter = z.object({ LogGroupName: z.string(), FilterName: z.string() });
  const keyOf = ({ LogGroupName, FilterName }: z.output<typeof Filter>) => `${LogGroupName} ${FilterName}`;

  it.each(['plain', 'full', 'fullSmall', 'existing', OWN] as const)(
    'on log groups of tasks had no alarm: each filter has one of its own on what is not delivered (%s)',
    (name) => {
      const filters = synthesized
        .template(name)
        .of('AWS::Logs::SubscriptionFilter')
        .map(({ properties }) => keyOf(Filter.parse(properties)));
      const watched = [...alarmsOf(name).values()].flatMap(({ series }) =>
        series.flatMap(({ metricName, dimensions }) => {
          if (metricName !== 'DeliveryErrors') return [];
          expect(dimensions['DestinationType']).toBe('Lambda');
          return [keyOf(Filter.parse(dimensions))];
        }),
      );
      expect(filters).not.toEqual([]);
      expect(watched.toSorted()).toEqual(filters.toSorted());
    },
  );
});

describe('the filter on the access logs', () => {
  it('takes answers of 429 alone', () => {
    for (const { properties } of synthesized.template('more').of('AWS::Logs::MetricFilter')) {
      const filter = z.object({ FilterPattern: z.string(), LogGroupName: z.string() }).parse(properties);
      expect(filter.FilterPattern).toBe('{ $.status = "429" }');
      const [stage] = synthesized
        .template('more')
        .of('AWS::ApiGatewayV2::Stage')
        .map(({ properties: { AccessLogSettings } }) =>
          z.object({ DestinationArn: z.string(), Format: z.string() }).parse(AccessLogSettings),
        )
        .filter(({ DestinationArn }) => DestinationArn.includes(filter.LogGroupName));
      // Its value is a text in what is logged, as the pattern has it.
      expect(JSON.parse(stage?.Format ?? '{}')).toMatchObject({ status: '$context.status' });
    }
  });
});

describe('a line of metrics', () => {
  it('of an engine that published in its minute is no longer than the cost model has it', async () => {
    const bytes = (await linesOfBusyMinute()).map(
      (line) => Buffer.byteLength(line) + LOG_EVENT_OVERHEAD_BYTES,
    );
    expect(bytes).toHaveLength(1);
    expect(bytes[0]).toBeGreaterThan(INPUTS.metricsLineBytes.value / 2);
    expect(bytes[0]).toBeLessThanOrEqual(INPUTS.metricsLineBytes.value);
  });
});
