import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PROVISION_PATH, userPoolProvider } from '@stepcast/contracts';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import type { Sandbox } from '@stepcast/sandbox';
import { cognitoCredentials, createProgressClient } from '@stepcast/web';
import * as z from 'zod';
import { signIn } from '../support/person.ts';

/** What of `/sandbox.json` is used here. */
const SandboxInfo = z.custom<Sandbox['info']>((one) => typeof one === 'object');

const ROOT = join(import.meta.dirname, '..', '..');
const running = new Set<RunningChild>();
let directory: string;

/** The command behind `npm start`, in a process of its own. */
function start(argv: readonly string[], environment: Readonly<Record<string, string>>): RunningChild {
  const child = startChildProcess(
    process.execPath,
    ['--conditions=stepcast-source', join(ROOT, 'services/sandbox/src/main.ts'), ...argv],
    { cwd: ROOT, env: { PATH: '', PORT: '0', ...environment } },
  );
  running.add(child);
  return child;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-process-'));
});

afterEach(async () => {
  await Promise.all([...running].map((child) => child.end()));
  running.clear();
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('npm start', () => {
  it('prints one ready line with the address, answers there, and stops on SIGTERM without waiting for anything', async () => {
    const sandbox = start([], {});
    const [, url = ''] = await sandbox.waitForOutput(/Stepcast is ready at (http:\/\/127\.0\.0\.1:\d+)/);
    const response = await fetch(`${url}/sandbox.json`);
    await expect(response.json()).resolves.toMatchObject({
      region: 'us-east-1',
      users: [{ username: 'alice' }, { username: 'bob' }],
      keyTemplate: expect.stringContaining('users/{identityId}/'),
      endpoints: { mqttWss: `${url.replace('http', 'ws')}/mqtt`, provisioner: url },
    });
    // Everything that `/sandbox.json` names is on loopback.
    const stoppedAt = Date.now();
    sandbox.signal('SIGTERM');
    await expect(sandbox.exited).resolves.toMatchObject({ code: 0 });
    // It once waited for the next retained state, which takes ten.
    expect(Date.now() - stoppedAt).toBeLessThan(9_000);
    expect(sandbox.output()).toContain('Stopped.');
  });

  it('stops on SIGINT too, also with a client that stays connected', async () => {
    const sandbox = start([], {});
    const [, url = ''] = await sandbox.waitForOutput(/ready at (\S+)/);
    const idle = fetch(`${url}/sandbox.json`, { keepalive: true });
    await idle;
    sandbox.signal('SIGINT');
    await expect(sandbox.exited).resolves.toMatchObject({ code: 0 });
  });

  it('does not answer Ctrl+C with stack traces when a workflow is under way', async () => {
    const path = join(directory, 'long.asl.json');
    const each = {
      StartAt: 'Step',
      States: { Step: { Type: 'Wait', Seconds: 1, Next: 'Next' }, Next: { Type: 'Pass', End: true } },
    };
    const many = { Type: 'Map', ItemsPath: '$.items', MaxConcurrency: 4, ItemProcessor: each, End: true };
    const list = {
      Type: 'Pass',
      Result: { items: Array.from({ length: 200 }, (_, index) => index) },
      Next: 'Many',
    };
    await writeFile(path, JSON.stringify({ StartAt: 'List', States: { List: list, Many: many } }));
    const sandbox = start(['--definition', path], {});
    const [, url = ''] = await sandbox.waitForOutput(/ready at (\S+)/);
    const info = SandboxInfo.parse(await (await fetch(`${url}/sandbox.json`)).json());
    const { idToken } = await signIn(info, 'alice');
    const client = createProgressClient({
      region: info.region,
      endpoint: info.endpoints.mqttWss,
      credentials: cognitoCredentials({
        region: info.region,
        identityPoolId: info.identityPoolId,
        endpoint: info.endpoints.cognitoIdentity,
        logins: () => Promise.resolve({ [userPoolProvider(info.region, info.userPoolId)]: idToken }),
      }),
      provisioning: { url: `${url}${PROVISION_PATH}`, idToken: () => Promise.resolve(idToken) },
      s3: { endpoint: info.endpoints.s3 },
    });
    const file = new File(['words'], 'words.txt');
    const tracker = client.trackUpload({
      bucket: info.bucket,
      key: await client.keyFor(file, { bucket: info.bucket }),
      file,
    });
    for await (const phase of tracker) if (phase.phase === 'running' && phase.state.steps.length > 2) break;
    sandbox.signal('SIGINT');
    await expect(sandbox.exited).resolves.toMatchObject({ code: 0 });
    await client.close();
    const after = sandbox.output().split('Stopping…')[1] ?? '';
    expect(after.trim()).toMatch(
      /^Stopped\.( A workflow was under way; \d+ of its log records and events came no further\.)?$/,
    );
  });

  it('says what to do when the port is in use, and ends with 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sandbox = start([], { PORT: String(port) });
    await expect(sandbox.exited).resolves.toMatchObject({ code: 1 });
    expect(sandbox.output()).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(sandbox.output()).toContain(`PORT=${port + 1} npm start`);
    expect(sandbox.output()).not.toContain('    at ');
    await new Promise((resolve) => other.close(resolve));
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['an option that is not there', ['--photos'], {}, /--photos[\s\S]*--help lists the options/],
    [
      'a fault that is not there',
      ['--faults', 'explode=1'],
      {},
      /no fault called explode; there are duplicate/,
    ],
    [
      'handlers without their workflow',
      ['--handlers', 'x.mjs'],
      {},
      /--handlers goes with --definition, --cdk, --sam or --serverless/,
    ],
    ['every bad variable at once', [], { PORT: 'x', MQTT_PORT: '-1' }, /PORT is no number[\s\S]*MQTT_PORT: /],
    [
      'a definition that is not there',
      ['--definition', 'nowhere.json', '--handlers', 'x.mjs'],
      {},
      /--definition nowhere\.json cannot be read: there is no such file/,
    ],
  ])('names %s and ends with 1', async (_name, argv, environment, message) => {
    const sandbox = start(argv, environment);
    await expect(sandbox.exited).resolves.toMatchObject({ code: 1 });
    expect(sandbox.output()).toMatch(message);
  });

  it('says where a state machine is wrong', async () => {
    const broken = join(directory, 'broken.asl.json');
    await writeFile(
      broken,
      JSON.stringify({ StartAt: 'Nowhere', States: { Here: { Type: 'Pass', End: true } } }),
    );
    const sandbox = start(['--definition', broken], {});
    await expect(sandbox.exited).resolves.toMatchObject({ code: 1 });
    expect(sandbox.output()).toMatch(/StartAt/);
  });
});
