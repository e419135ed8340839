import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');
const running = new Set<ReturnType<typeof start>>();
let directory: string;

/** The command behind `npm start`, in a process of its own. */
function start(argv: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(
    process.execPath,
    ['--conditions=stepcast-source', join(ROOT, 'services/sandbox/src/main.ts'), ...argv],
    {
      cwd: ROOT,
      env: { PATH: '', PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code]: unknown[]) => Number(code));
  const process_ = {
    child,
    ended,
    said: () => said,
    async says(pattern: RegExp): Promise<RegExpExecArray> {
      const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
      const check = () => {
        const found = pattern.exec(said);
        if (found !== null) resolve(found);
      };
      listeners.add(check);
      check();
      const over = ended.then((code) => {
        throw new Error(`ended with ${code} before it said ${String(pattern)}:\n${said}`);
      });
      over.catch(() => undefined);
      return Promise.race([promise, over]);
    },
  };
  running.add(process_);
  return process_;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-process-'));
});

afterEach(async () => {
  for (const one of running) {
    if (one.child.exitCode === null) one.child.kill('SIGKILL');
    await one.ended;
  }
  running.clear();
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('npm start', () => {
  it('prints one ready line with the address, answers there, and stops on SIGTERM within five seconds', async () => {
    const sandbox = start([], {});
    const [, url = ''] = await sandbox.says(/Stepcast is ready at (http:\/\/127\.0\.0\.1:\d+)/);
    const response = await fetch(`${url}/sandbox.json`);
    await expect(response.json()).resolves.toMatchObject({
      region: 'us-east-1',
      users: [{ username: 'alice' }, { username: 'bob' }],
      keyTemplate: expect.stringContaining('users/{identityId}/'),
      endpoints: { mqttWss: `${url.replace('http', 'ws')}/mqtt`, provisioner: url },
    });
    // Everything that `/sandbox.json` names is on loopback.
    const stoppedAt = Date.now();
    sandbox.child.kill('SIGTERM');
    await expect(sandbox.ended).resolves.toBe(0);
    expect(Date.now() - stoppedAt).toBeLessThan(5_000);
    expect(sandbox.said()).toContain('Stopped.');
  });

  it('stops on SIGINT too, also with a client that stays connected', async () => {
    const sandbox = start([], {});
    const [, url = ''] = await sandbox.says(/ready at (\S+)/);
    const idle = fetch(`${url}/sandbox.json`, { keepalive: true });
    await idle;
    sandbox.child.kill('SIGINT');
    await expect(sandbox.ended).resolves.toBe(0);
  });

  it('says what to do when the port is in use, and ends with 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sandbox = start([], { PORT: String(port) });
    await expect(sandbox.ended).resolves.toBe(1);
    expect(sandbox.said()).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(sandbox.said()).toContain(`PORT=${port + 1} npm start`);
    expect(sandbox.said()).not.toContain('    at ');
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
    ['half of a workflow', ['--definition', 'x.json'], {}, /--definition and --handlers go together/],
    ['every bad variable at once', [], { PORT: 'x', MQTT_PORT: '-1' }, /PORT: [\s\S]*MQTT_PORT: /],
    [
      'a definition that is not there',
      ['--definition', 'nowhere.json', '--handlers', 'x.mjs'],
      {},
      /--definition nowhere\.json cannot be read: there is no such file/,
    ],
  ])(
    'names %s and ends with 1',
    async (_name, argv, environment, message) => {
      const sandbox = start(argv, environment);
      await expect(sandbox.ended).resolves.toBe(1);
      expect(sandbox.said()).toMatch(message);
    },
    30_000,
  );

  it('says where a state machine is wrong, and what of it the sandbox cannot run', async () => {
    const handlers = join(directory, 'handlers.mjs');
    await writeFile(handlers, 'export const hello = async () => "hello";\n');
    const broken = join(directory, 'broken.asl.json');
    await writeFile(
      broken,
      JSON.stringify({ StartAt: 'Nowhere', States: { Here: { Type: 'Pass', End: true } } }),
    );
    const unsupported = join(directory, 'jsonata.asl.json');
    await writeFile(
      unsupported,
      JSON.stringify({
        QueryLanguage: 'JSONata',
        StartAt: 'Here',
        States: { Here: { Type: 'Pass', End: true } },
      }),
    );
    const one = start(['--definition', broken, '--handlers', handlers], {});
    await expect(one.ended).resolves.toBe(1);
    expect(one.said()).toMatch(/StartAt/);
    const other = start(['--definition', unsupported, '--handlers', handlers], {});
    await expect(other.ended).resolves.toBe(1);
    expect(other.said()).toMatch(/not supported in the sandbox: [\s\S]*QueryLanguage/i);
  });
});
