import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentNames, QUEUE_NAMES } from '@stepcast/wire';
import { createCloudWatchHops } from './cloudwatch-hops.adapter.ts';
import type { CloudWatchOptions } from './cloudwatch-metrics.ts';

let server: Server;
let options: CloudWatchOptions;
const asked: URLSearchParams[] = [];

/** The form of the answer in the API reference of GetMetricStatistics; points come in no order. */
const answer = (statistic: 'Maximum' | 'Sum', points: readonly (readonly [string, number])[]) =>
  `<GetMetricStatisticsResponse><GetMetricStatisticsResult><Datapoints>${points
    .map(
      ([at, value]) =>
        `<member><Timestamp>${at}</Timestamp><Unit>Count</Unit><${statistic}>${value}</${statistic}></member>`,
    )
    .join('\n')}</Datapoints></GetMetricStatisticsResult></GetMetricStatisticsResponse>`;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += String(piece)));
    request.on('end', () => {
      const body = new URLSearchParams(text);
      asked.push(body);
      const busy = body.get('Dimensions.member.1.Value') === QUEUE_NAMES.events;
      const age = body.get('MetricName') === 'ApproximateAgeOfOldestMessage';
      const points: readonly (readonly [string, number])[] = age
        ? [
            ['2026-11-03T10:14:00Z', 30],
            ['2026-11-03T10:13:00Z', 2.5],
          ]
        : [['2026-11-03T10:12:00Z', 120]];
      response.end(answer(age ? 'Maximum' : 'Sum', busy ? points : []));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  options = {
    endpoint: typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : '',
    region: 'us-east-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
    clock: { nowMs: () => Date.UTC(2026, 10, 3, 10, 15) },
  };
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('the hops in CloudWatch', () => {
  it('are put on one scale of time, in milliseconds and per second; what was not reported is left open', async () => {
    const { atMs, lag, throughput } = await createCloudWatchHops(options).history(15);
    expect(atMs.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual(['10:12', '10:13', '10:14']);
    const of = (series: typeof lag, name: string) => series.find((one) => one.name === name)?.values;
    expect(of(lag, QUEUE_NAMES.events)).toEqual([null, 2_500, 30_000]);
    expect(of(throughput, QUEUE_NAMES.events)).toEqual([2, null, null]);
    expect(of(lag, QUEUE_NAMES.uploads)).toEqual([null, null, null]);
    expect(asked[0]?.get('StartTime')).toBe('2026-11-03T10:00:00.000Z');
    expect(new Set(asked.map((one) => one.get('Statistics.member.1')))).toEqual(new Set(['Maximum', 'Sum']));
  });

  it('of a stage are asked for by its queues, and have the names without it', async () => {
    const names = deploymentNames({ stage: 'dev', region: 'us-east-1' });
    asked.length = 0;
    const { lag } = await createCloudWatchHops(options, names).history(15);
    expect(new Set(asked.map((one) => one.get('Dimensions.member.1.Value')))).toEqual(
      new Set([names.queues.uploads, names.queues.status, names.queues.events, names.queues.progress]),
    );
    expect(lag.map(({ name }) => name)).toContain(QUEUE_NAMES.events);
  });
});
