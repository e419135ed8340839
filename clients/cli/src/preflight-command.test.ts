import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { known, unavailable } from './domain/evidence.ts';
import type { PreflightConnections } from './preflight.ts';
import { NOW_MS } from './testing/fixtures.ts';
import { absent, least, ready } from './testing/preflight-account.ts';

describe('stepcast doctor --before deploy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-preflight-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const unasked = unavailable('nobody was asked');
  const connections: PreflightConnections = {
    sources: {
      caller: { caller: () => Promise.resolve(ready.caller) },
      stateMachines: {
        stateMachine: () => Promise.resolve(ready.stateMachine),
        newestInputs: () => Promise.resolve(unasked),
      },
      logs: {
        logGroup: () => Promise.resolve(ready.logGroup),
        resourcePolicies: () => Promise.resolve(ready.logResourcePolicies),
        subscriptionFilters: () => Promise.resolve(ready.subscriptionFilters),
      },
      iot: {
        policy: () => Promise.resolve(absent),
        attachedPolicies: () => Promise.resolve(unasked),
        verdicts: () => Promise.resolve(unasked),
        dataEndpoint: () => Promise.resolve(ready.iotEndpoint),
      },
      roles: { role: () => Promise.resolve(absent) },
      queues: { queue: () => Promise.resolve(absent) },
      userPools: { userPool: () => Promise.resolve(absent), client: () => Promise.resolve(absent) },
      identityPools: {
        pool: () => Promise.resolve(absent),
        isIdentity: () => Promise.resolve(known(false)),
        pools: () => Promise.resolve(known([])),
        roles: () => Promise.resolve(unasked),
      },
    },
    names: {
      stack: () => Promise.resolve(absent),
      bucket: (name) =>
        Promise.resolve(known(name === 'stepcast-uploads-111122223333-us-east-1' ? 'free' : 'foreign')),
      table: () => Promise.resolve(absent),
    },
    limits: {
      vpcs: () => Promise.resolve(ready.vpcs),
      concurrentFunctions: () => Promise.resolve(ready.concurrentFunctions),
      zones: () => Promise.resolve(ready.zones),
    },
    close: () => undefined,
  };

  async function doctor(settings: string | undefined, ...words: readonly string[]) {
    const path = join(folder, 'stepcast.json');
    if (settings !== undefined) writeFileSync(path, settings);
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCli(
      [
        'doctor',
        '--before',
        'deploy',
        '--settings',
        settings === undefined ? join(folder, 'none.json') : path,
        ...words,
      ],
      {
        environment: {},
        nowMs: () => NOW_MS,
        connectPreflight: () => connections,
        terminal: {
          out: (text) => out.push(text),
          err: (text) => err.push(text),
          style: { color: false, width: 100 },
          confirmation: undefined,
          readInput: () => Promise.resolve(''),
        },
      },
    );
    return { code, out: out.join(''), err: err.join('') };
  }

  it('passes an account that is ready, and ends with 0', async () => {
    const { code, out, err } = await doctor(JSON.stringify(least));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Before stepcast is deployed: us-east-1, account 111122223333');
    expect(out).toContain('0 failed, 0 warnings');
  });

  it('asks for each log group of tasks that report', async () => {
    const asked = { ...least, reports: { logGroupNames: ['/aws/lambda/resize', '/ecs/ocr'] } };
    const { code, out } = await doctor(JSON.stringify(asked), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      links: expect.arrayContaining([
        expect.objectContaining({
          link: 'deploy.reports',
          verdict: 'pass',
          evidence: [expect.stringContaining('/aws/lambda/resize'), expect.stringContaining('/ecs/ocr')],
        }),
      ]),
    });
  });

  it('says for programs what is in the way, and ends with 2', async () => {
    const { code, out } = await doctor(JSON.stringify({ ...least, stage: 'dev' }), '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      schema: 'stepcast.doctor/v1',
      result: 'failures',
      links: expect.arrayContaining([expect.objectContaining({ link: 'deploy.names', verdict: 'fail' })]),
    });
  });

  it('says every problem of the settings in a line of its own, asks nobody, and ends with 65', async () => {
    const { code, err, out } = await doctor(
      JSON.stringify({ ...least, guestUploads: true, iotEndpoint: 'a1-ats.iot.eu-west-1.amazonaws.com' }),
    );
    expect({ code, out }).toEqual({ code: 65, out: '' });
    expect(err.trimEnd().split('\n').slice(1)).toEqual([
      expect.stringMatching(/^ {2}iotEndpoint: is in eu-west-1/),
      expect.stringMatching(/^ {2}guestUploads: has no effect without guests$/),
    ]);
  });

  it('says in a line that there is no such file', async () => {
    const { code, err } = await doctor(undefined);
    expect(code).toBe(65);
    expect(err).toMatch(/^stepcast: [^\n]*none\.json: there is no such file\n$/);
  });

  it.each([
    [['--region', 'eu-west-1'], /the state machine is in us-east-1/],
    [['--endpoint', 'http://127.0.0.1:4200'], /leave --endpoint out/],
  ])('refuses %j', async (words, line) => {
    const { code, err } = await doctor(JSON.stringify(least), ...words);
    expect(code).toBe(64);
    expect(err).toMatch(line);
  });
});
