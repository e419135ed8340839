import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '@stepcast/kit';
import { readSandboxConfig } from './config.ts';
import { startSandbox } from './sandbox.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-starting-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

function statusOfUpgrade(port: number): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const headers = { connection: 'upgrade', upgrade: 'websocket' };
  const asking = request({ host: '127.0.0.1', port, path: '/mqtt', headers }, (response) => {
    response.resume();
    resolve(response.statusCode);
  });
  asking.on('error', reject).end();
  return promise;
}

describe('a sandbox that is starting', () => {
  it('answers requests and upgrades with 503: a request in this moment ended it', async () => {
    const recording = join(directory, 'recording');
    await promisify(execFile)('mkfifo', [recording]);
    const port = await freePort();
    const config = readSandboxConfig({ PORT: String(port) }, ['--recording', recording]);
    if (config === 'help') throw new TypeError('no configuration');
    const started = startSandbox({ config, logger: silentLogger });
    const failed = started.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    // Opens when the sandbox has opened it, in the middle of its start.
    const writing = await open(recording, 'w');
    for (const path of ['/sandbox.json', '/aws/s3/', '/awslogs', '/'])
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(503);
    expect(await statusOfUpgrade(port)).toBe(503);
    await writing.writeFile('{}');
    await writing.close();
    expect(await failed).toMatchObject({ code: 'SANDBOX_RECORDING_INVALID' });
  });
});
