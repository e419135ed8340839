import { createServer } from 'node:http';
import { join } from 'node:path';
import { readSettings } from '@stepcast/cdk/settings';
import { runCommand } from '@stepcast/kit/testing/child-process';
import { describe, expect, it } from 'vitest';
import { linesOfBusyMinute } from './alarms/busy-minute.ts';
import { clientsOf, ROOT } from '../deployed/place.ts';
import { endingOf, openTo } from '../verify-aws/ending.ts';
import { hopsWithout, lagsByHop, newestLineMs } from '../verify-aws/hops.ts';
import { removeRetained } from '../verify-aws/probes/data-plane.ts';
import { settingsFor } from '../verify-aws/verify.ts';

const region = 'eu-west-1';

it('what is deployed into an account spoke to an endpoint of nobody’s', () => {
  const workflow = {
    stateMachineArn: `arn:aws:states:${region}:111122223333:stateMachine:stepcast-verify-0a1b2c`,
    logGroupName: '/aws/vendedlogs/states/stepcast-verify-0a1b2c-Logs',
  };
  const dataEndpoint = `z9y8x7-ats.iot.${region}.amazonaws.com`;
  const settings = settingsFor({ emulator: undefined, region, dataEndpoint }, workflow);
  expect(settings.iotEndpoint).toBe(dataEndpoint);
  expect(readSettings(JSON.stringify(settings))).toMatchObject({ ok: true });
});

describe('how a run ends', () => {
  const whole = { failures: [], openInEmulator: [], left: [] };

  it('by what opened in an emulator it once failed, with a wall of FAILED at the end of a dry run', () => {
    const { lines, exitCode } = endingOf({ ...whole, openInEmulator: [openTo('subscribes to #')] });
    expect(exitCode).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/checks no rights.*No failure:$/),
      '  isolation: nothing of Ada’s may open to Bob, but he subscribes to #',
    ]);
  });

  it('fails by what failed, and by what could not be removed', () => {
    const open = { ...whole, failures: [openTo('reads an object')] };
    expect(endingOf(open)).toEqual({
      lines: ['FAILED: isolation: nothing of Ada’s may open to Bob, but he reads an object'],
      exitCode: 1,
    });
    expect(endingOf({ ...whole, left: ['the bucket x'] })).toEqual({
      lines: ['NOT REMOVED: the bucket x'],
      exitCode: 1,
    });
    expect(endingOf(whole)).toEqual({ lines: [], exitCode: 0 });
  });
});

describe('a command line that cannot be used', () => {
  it.each([
    ['a misspelt option', ['--regoin', 'us-east-1'], /Unknown option '--regoin'/, 2],
    ['a region of another partition', ['--region', 'cn-north-1'], /only the partition aws is supported/, 2],
    [
      'an account without credentials',
      ['--region', 'us-east-1'],
      /^verify:aws: Error: AWS does not say who you are \(CredentialsProviderError: .*\): sign in \(aws sso login\), or choose a profile by AWS_PROFILE\n$/,
      1,
    ],
  ] as const)('%s is refused in a line, and not by a stack trace', async (_what, args, says, code) => {
    const script = join(import.meta.dirname, '..', 'verify-aws', 'main.ts');
    const { PATH } = process.env;
    const refused = await runCommand(
      process.execPath,
      ['--conditions=stepcast-source', '--disable-warning=ExperimentalWarning', script, ...args],
      {
        timeoutMs: 180_000,
        env: { PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
      },
    ).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ exit: { code }, stderr: expect.stringMatching(says) });
    expect(refused).toMatchObject({ stderr: expect.not.stringMatching(/^\s+at /m) });
  });
});

it('retained messages of a run stayed in the account: all below its namespace are removed, and no others', async () => {
  const cleared: string[] = [];
  const pages = [
    { retainedTopics: [{ topic: 'stepcast-verify/v1/a/overview' }], nextToken: 'more' },
    { retainedTopics: [{ topic: 'stepcast/v1/a/overview' }, { topic: 'stepcast-verify/v1/b' }] },
  ];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://aws');
    if (request.method === 'POST') cleared.push(decodeURIComponent(pathname.slice('/topics/'.length)));
    response.end(JSON.stringify(pages[searchParams.get('nextToken') === 'more' ? 1 : 0]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const emulator = { endpoint: `http://127.0.0.1:${port}`, keys: ROOT };
  const clients = clientsOf({ region, emulator });
  try {
    await removeRetained({ region, emulator, dataEndpoint: '', clients }, 'stepcast-verify/v1');
    expect(cleared).toEqual(['stepcast-verify/v1/a/overview', 'stepcast-verify/v1/b']);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('p50 and p99 were given by kind of event only', () => {
  it('the lag of each hop is read from the lines that an engine writes, in the order of the way', async () => {
    const lines = ['engine ready', '{"level":30,"msg":"engine ready"}', ...(await linesOfBusyMinute())];
    const lags = lagsByHop(lines, 0);
    expect(Object.keys(lags)).toEqual([
      'from an event until it is at the correlator',
      'from an event until it is in the journal',
      'from an event until the broker has acknowledged it',
    ]);
    expect(hopsWithout(lags)).toEqual([]);
    for (const { values, areBounds } of Object.values(lags)) {
      expect(areBounds).toBe(true);
      expect(values.length).toBeGreaterThan(1);
    }
  });

  it('each observation counts, as the bound of its bucket in milliseconds', () => {
    const line = (atMs: number, counts: readonly number[]) =>
      JSON.stringify({
        _aws: {
          Timestamp: atMs,
          CloudWatchMetrics: [
            { Namespace: 'Stepcast', Dimensions: [[]], Metrics: [{ Name: 'ArrivalLag', Unit: 'Seconds' }] },
          ],
        },
        ArrivalLag: { Values: [0.25, 1], Counts: counts, Min: 0.25, Max: 1, Count: 3, Sum: 1.5 },
      });
    const lines = [line(60_000, [9, 9]), line(120_000, [2, 1])];
    const { values } = lagsByHop(lines, 61_000)['from an event until it is at the correlator'] ?? {};
    expect(values).toEqual([250, 250, 1_000]);
    expect(hopsWithout(lagsByHop(lines, 61_000))).toEqual([
      'from an event until it is in the journal',
      'from an event until the broker has acknowledged it',
    ]);
    expect(newestLineMs(lines)).toBe(120_000);
    expect(newestLineMs([])).toBe(Number.NEGATIVE_INFINITY);
  });
});
