import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCloudWatchAges } from './cloudwatch-ages.adapter.ts';

let server: Server;
let endpoint = '';
let status = 200;
const requests: { body: URLSearchParams; authorization: string }[] = [];

/** The form of the answer in the API reference of GetMetricStatistics. */
const answer = (points: readonly (readonly [string, number])[]) =>
  `<GetMetricStatisticsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricStatisticsResult><Datapoints>${points
    .map(
      ([at, value]) =>
        `<member><Timestamp>${at}</Timestamp><Unit>Seconds</Unit><Maximum>${value}</Maximum></member>`,
    )
    .join(
      '\n',
    )}</Datapoints><Label>ApproximateAgeOfOldestMessage</Label></GetMetricStatisticsResult></GetMetricStatisticsResponse>`;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += String(piece)));
    request.on('end', () => {
      const body = new URLSearchParams(text);
      requests.push({ body, authorization: request.headers.authorization ?? '' });
      response.writeHead(status);
      if (body.get('Dimensions.member.1.Value') === 'broken') {
        response.write('<GetMetricStatisticsResponse>', () => response.destroy());
        return;
      }
      response.end(
        body.get('Dimensions.member.1.Value') === 'busy'
          ? answer([
              ['2026-11-03T10:13:00Z', 7],
              ['2026-11-03T10:14:00Z', 61.5],
              ['2026-11-03T10:12:00Z', 3],
            ])
          : answer([]),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  endpoint = typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : '';
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const ages = () =>
  createCloudWatchAges({
    endpoint,
    region: 'us-east-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }),
    clock: { nowMs: () => Date.UTC(2026, 10, 3, 10, 15) },
  });

describe('ages of messages from CloudWatch', () => {
  it('are those of the newest data point; a queue that reports none has none', async () => {
    expect(await ages().oldest(['busy', 'idle'])).toEqual(new Map([['busy', 61_500]]));
    expect(requests[0]?.body.get('StartTime')).toBe('2026-11-03T10:10:00.000Z');
    expect(requests[0]?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/monitoring\/aws4_request/,
    );
  });

  it('end in a clear line when the right is missing, or CloudWatch is away', async () => {
    status = 403;
    await expect(ages().oldest(['busy'])).rejects.toMatchObject({
      exitCode: 77,
      message: 'not allowed: your credentials lack cloudwatch:GetMetricStatistics',
    });
    status = 500;
    await expect(ages().oldest(['busy'])).rejects.toMatchObject({ exitCode: 3 });
  });

  it('end in a clear line when the answer breaks off: it was a stack trace', async () => {
    status = 200;
    await expect(ages().oldest(['broken'])).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^cloudwatch:GetMetricStatistics failed: /) as unknown,
    });
  });
});
