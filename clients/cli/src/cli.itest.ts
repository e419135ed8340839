import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { runCli } from './cli.ts';
import { processEnvironment } from './config.ts';

/** `npm start`, as somebody else would run it; nothing of the sandbox is imported here. */
const SANDBOX = join(import.meta.dirname, '../../../services/sandbox/src/main.ts');

let sandbox: RunningChild | undefined;
let url = '';

beforeAll(async () => {
  sandbox = startChildProcess(process.execPath, ['--conditions=stepcast-source', SANDBOX], {
    env: { PATH: processEnvironment.PATH, PORT: '0' },
  });
  [, url = ''] = await sandbox.waitForOutput(/Stepcast is ready at (http:\S+)/);
});

afterAll(async () => {
  await sandbox?.end();
});

const Report = z.object({
  exitCode: z.number(),
  links: z.array(z.object({ link: z.string(), verdict: z.string(), evidence: z.array(z.string()) })),
  skipped: z.array(z.object({ link: z.string(), reason: z.string() })),
  fixes: z.array(z.object({ link: z.string(), outcome: z.string() })),
});

async function doctor(environment: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  let out = '';
  let err = '';
  const code = await runCli(['doctor', ...argv], {
    environment,
    nowMs: () => Date.now(),
    terminal: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      style: { color: false, width: 100 },
      confirmation: undefined,
      readInput: () => Promise.resolve(''),
    },
  });
  const report = parseJson(Report, out);
  const links = report.ok ? report.value.links : [];
  return {
    code,
    out,
    err,
    links,
    skipped: report.ok ? report.value.skipped : [],
    verdictOf: (link: string) => links.find((one) => one.link === link)?.verdict,
    evidenceOf: (link: string) => links.find((one) => one.link === link)?.evidence.join('\n') ?? '',
  };
}

describe('stepcast doctor against the sandbox', () => {
  it('checks all that the sandbox has, without any secret, and proves isolation with the credentials of a person', async () => {
    const { code, out, links, skipped, verdictOf } = await doctor({}, '--endpoint', url, '--json');
    expect(verdictOf('s3.probe')).toBe('pass');
    expect(verdictOf('pool.id')).toBe('pass');
    // Regression: "Access Key Id does not exist", 25 of 28 not checked, and 0 all the same.
    expect(links.filter(({ verdict }) => verdict === 'couldNotCheck')).toEqual([]);
    expect(skipped).toContainEqual({ link: 'role.trust', reason: 'the sandbox has no IAM' });
    expect(code).toBe(2);
    expect(out).not.toMatch(/A[SK]IA[A-Z0-9]/);
  });

  it('finds that nothing is attached, attaches it, and finds it mended', async () => {
    const environment = {};
    const broken = await doctor(environment, '--endpoint', url, '--user', 'bob', '--json');
    expect(broken.verdictOf('iot.attachment')).toBe('fail');
    expect(broken.code).toBe(2);
    for (const link of [
      'pool.id',
      'pool.provider',
      'iot.policy',
      'iot.clientId',
      'iot.topicfilter',
      'iot.wildcards',
      'workflow.logLevel',
      'workflow.executionData',
    ])
      expect({ link, verdict: broken.verdictOf(link) }).toEqual({ link, verdict: 'pass' });

    const mended = await doctor(environment, '--endpoint', url, '--user', 'bob', '--json', '--fix', '--yes');
    expect(mended.verdictOf('iot.attachment')).toBe('pass');
    expect(mended.out).toContain('"outcome": "done"');
    expect(mended.links.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(mended.code).toBe(0);
  });

  it('finds an identity ID in the place of the pool ID', async () => {
    const environment = {};
    const first = await doctor(environment, '--endpoint', url, '--json', '--only', 'iot.attachment');
    const identityId = /us-east-1:[0-9a-f-]{36}/.exec(first.out)?.[0] ?? '';
    const { evidenceOf, verdictOf } = await doctor(
      environment,
      '--endpoint',
      url,
      '--identity-pool-id',
      identityId,
      '--json',
      '--only',
      'pool.id',
    );
    expect(verdictOf('pool.id')).toBe('fail');
    expect(evidenceOf('pool.id')).toContain('it is the ID of one person’s identity');
  });
});

describe('an address without a sandbox', () => {
  let other: Server;
  let address = '';
  beforeAll(async () => {
    other = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"region":"us-east-1"}');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const bound = other.address();
    address = typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : '';
  });
  afterAll(() => new Promise((resolve) => other.close(resolve)));

  it('is said so, with what to do, and 3', async () => {
    const foreign = await doctor({}, '--endpoint', address);
    expect(foreign.code).toBe(3);
    expect(foreign.err).toMatch(/no sandbox answers at .*accountId[\s\S]*npm start/);
    const nobody = await doctor({}, '--endpoint', 'http://127.0.0.1:1');
    expect(nobody.code).toBe(3);
    expect(nobody.err).toMatch(/no sandbox answers/);
  });
});
