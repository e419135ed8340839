import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { processEnvironment } from '../../config.ts';
import {
  runForTest,
  startSandboxProcess,
  until,
  type SandboxProcess,
  type Uploaded,
} from '../../testing/sandbox-process.ts';

const MAIN = join(import.meta.dirname, '../../main.ts');
let sandbox: SandboxProcess;
let uploads: Uploaded[];
let directory: string;

beforeAll(async () => {
  sandbox = await startSandboxProcess();
  directory = await mkdtemp(join(tmpdir(), 'stepcast-replay-'));
  uploads = await Promise.all(
    ['a.txt', 'b.txt', 'c.txt'].map((name) =>
      sandbox.upload('alice', name, 'one line\nanother\nand a third\n'),
    ),
  );
  await Promise.all(uploads.map((one) => sandbox.ended(one)));
});
afterAll(async () => {
  await sandbox.end();
  await rm(directory, { recursive: true, force: true });
});

const Plan = z.object({
  messages: z.number(),
  states: z.number(),
  overviews: z.number(),
  streams: z.array(z.object({ uploadId: z.string(), lastOffset: z.number(), messages: z.number() })),
});
const Audited = z.object({
  entries: z.array(
    z.object({ outcome: z.string(), detail: z.string().nullable(), followedBy: z.string().nullable() }),
  ),
});
/** Streams that so many messages are more than all of: their states are restored too. */
function done({ streams }: z.infer<typeof Plan>, messages: number): number {
  let [ended, sum] = [0, 0];
  for (const stream of streams) if ((sum += stream.messages) < messages) ended += 1;
  return ended;
}
const Progress = z.object({ published: z.number(), finished: z.boolean() });

const plan = async (...argv: readonly string[]) =>
  (await sandbox.stepcast('replay', ...argv, '--dry-run', '--json')).json(Plan);

async function progressIn(file: string) {
  const parsed = parseJson(Progress, await readFile(file, 'utf8').catch(() => ''));
  return parsed.ok ? parsed.value : undefined;
}

/** Follows everything that the broker delivers, and says which uploads' offsets were delivered as replay, in order. */
async function listening() {
  const interruption = new AbortController();
  const ready = Promise.withResolvers<undefined>();
  const ended = runForTest(['tail', '--json', '--endpoint', sandbox.url], {
    interruption: interruption.signal,
    onErr: () => {
      ready.resolve(undefined);
    },
  });
  await ready.promise;
  return async () => {
    interruption.abort();
    const { out } = await ended;
    const Delivered = z.object({
      uploadId: z.string(),
      replay: z.literal(true),
      firstOffset: z.number(),
      lastOffset: z.number(),
    });
    return out
      .trimEnd()
      .split('\n')
      .map((line) => {
        const parsed = parseJson(Delivered, line);
        if (!parsed.ok) throw new Error(line);
        return `${parsed.value.uploadId}:${parsed.value.firstOffset}-${parsed.value.lastOffset}`;
      });
  };
}

describe('stepcast replay', () => {
  it('shows what would go out for an identity, an upload, an execution and a time, and publishes nothing', async () => {
    const heard = await listening();
    const [first] = uploads;
    const ofIdentity = await plan(first?.identityId ?? '');
    expect(ofIdentity).toMatchObject({ states: 3, overviews: 1 });
    expect(ofIdentity.streams).toHaveLength(3);
    expect((await plan(first?.uploadId ?? '')).streams).toHaveLength(1);
    expect((await plan('--from', '2020-01-01T00:00:00Z')).messages).toBe(ofIdentity.messages);
    const human = await sandbox.stepcast('replay', first?.uploadId ?? '', '--dry-run');
    expect(human.out).toMatch(/1 retained state and 1 overview would go out\. Nothing was published/);
    expect(await heard().catch((thrown: unknown) => String(thrown))).toMatch(/Error/);
  });

  it('keeps what was named in full: a beginning may stand for several when the replay goes on', async () => {
    const [first] = uploads;
    const file = join(directory, 'beginning.json');
    const beginning = first?.uploadId.slice(0, 12) ?? '';
    expect((await sandbox.stepcast('replay', beginning, '--progress-file', file)).code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain(`"what": "${first?.uploadId}"`);
    const Subjects = z.object({ entries: z.array(z.object({ subject: z.string() })) });
    const { entries } = (await sandbox.stepcast('audit', '--limit', '2', '--json')).json(Subjects);
    expect(entries.map(({ subject }) => subject)).toEqual([first?.uploadId, first?.uploadId]);
  });

  it.each([
    [
      ['--from', '2999-01-01T00:00:00Z', '--to', '2999-01-02T00:00:00Z'],
      4,
      /nothing to replay: the journal has no entry from 2999/,
    ],
    [['us-east-1:00000000-0000-0000-0000-000000000000'], 4, /nothing is in the journal of/],
    [[], 64, /name what to replay, or a time with --from and --to, or everybody with --all/],
    [['--from', 'yesterday'], 64, /--from is no time such as/],
    [['--from', '2026-01-02T00:00:00Z', '--to', '2026-01-01T00:00:00Z'], 64, /is after --to/],
    [['--all', '--rate', '0'], 64, /--rate is at least 0.1/],
    [['--resume', '/nowhere/progress.json'], 65, /cannot be read: ENOENT/],
  ])('says of %j in a line what is wrong', async (argv, exitCode, says) => {
    const { code, err, out } = await sandbox.stepcast('replay', ...argv);
    expect(err).toMatch(says);
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
  });

  it('goes on after a kill: every entry goes out, and at most those of a moment twice', async () => {
    const { messages } = await plan('--all');
    const file = join(directory, 'killed.json');
    const heard = await listening();
    const child = startChildProcess(
      process.execPath,
      [
        '--conditions=stepcast-source',
        MAIN,
        'replay',
        '--all',
        '--rate',
        '4',
        '--endpoint',
        sandbox.url,
        '--progress-file',
        file,
      ],
      { env: { PATH: processEnvironment.PATH } },
    );
    await until(async () => ((await progressIn(file))?.published ?? 0) >= 2, 'the replay');
    await child.kill();
    expect(await progressIn(file)).toMatchObject({ finished: false });
    // It read as begun and no more, before and after it was resumed.
    const killed = await sandbox.stepcast('audit', '--limit', '1');
    expect(killed.out).toMatch(/ begun, no end recorded +everybody, .*killed\.json\n\nNo end recorded: /);

    const resumed = await sandbox.stepcast('replay', '--resume', file);
    expect(resumed.err).not.toContain('stepcast:');
    expect(resumed.code).toBe(0);
    expect(await progressIn(file)).toMatchObject({ finished: true });
    const delivered = await heard();
    expect(new Set(delivered).size).toBe(messages);
    expect(delivered.length - messages).toBeLessThanOrEqual(2);
    const audited = await sandbox.stepcast('audit', '--limit', '3');
    expect(audited.out).toMatch(
      / done .*\n.* resumed +everybody, .*\n.* begun, resumed later +everybody, .*killed\.json\n$/,
    );

    const again = await sandbox.stepcast('replay', '--resume', file);
    expect({ code: again.code, err: again.err }).toEqual({
      code: 64,
      err: expect.stringContaining('came to its end'),
    });
  });

  it('stops at Ctrl+C between two messages, says how far it came and how to go on', async () => {
    const interruption = new AbortController();
    const file = join(directory, 'interrupted.json');
    const bar: string[] = [];
    const running = runForTest(
      ['replay', '--all', '--rate', '5', '--endpoint', sandbox.url, '--progress-file', file],
      {
        interruption: interruption.signal,
        showsProgress: true,
        onErr: (text) => {
          if (!text.startsWith('\r')) return;
          bar.push(text);
          if (text.includes('2 messages')) interruption.abort();
        },
      },
    );
    const { code, err } = await running;
    expect(code).toBe(6);
    expect(err).toMatch(
      /stepcast: interrupted\n2 messages published, the last at offset \d+ of [a-z2-7]{26}\.\nTo go on: stepcast replay --resume .*interrupted\.json\n/,
    );
    expect(bar[0]).toMatch(/\[-{24}\] {3}0% {2}0 messages/);
    // It moves with each message: that of a single upload once stood at 0 % until its end.
    expect(bar.find((text) => text.includes('2 messages'))).toMatch(/[1-9]\d?% {2}2 messages/);
    // What is left was shown as all of it, and what a resumed replay said mixed both runs.
    const all = await plan('--all');
    const left = await plan('--resume', file);
    expect(left).toMatchObject({
      messages: all.messages - 2,
      states: all.states - done(all, 2),
      overviews: 1,
    });
    const resumed = await sandbox.stepcast('replay', '--resume', file);
    expect(resumed.out).toBe(
      `${left.messages} messages published (${all.messages} with those before), ${left.states} retained states and 1 overview restored.\n`,
    );
    expect(resumed.code).toBe(0);
    const { entries } = (await sandbox.stepcast('audit', '--limit', '3', '--json')).json(Audited);
    expect(entries.map(({ outcome, detail, followedBy }) => [outcome, detail, followedBy])).toEqual([
      ['done', `${all.messages} messages`, null],
      ['resumed', file, 'end'],
      ['failed', '2 messages; interrupted', null],
    ]);
  });

  it('names the right that is missing where the broker refuses the upgrade: it was a broker that cannot be reached', async () => {
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const line = ['replay', '--all', '--endpoint', sandbox.url, '--broker', `ws://127.0.0.1:${port}/mqtt`];
    const refused = await runForTest(line);
    server.close();
    expect(refused.code).toBe(77);
    expect(refused.err).toMatch(
      /^stepcast: the broker refuses the connection: Unexpected server response: 403\n.*iot:Connect/,
    );
  });

  it('says in a line that the broker refuses, and that a progress file is about somewhere else', async () => {
    const refused = await runForTest([
      'replay',
      '--all',
      '--endpoint',
      sandbox.url,
      '--broker',
      'ws://127.0.0.1:1/mqtt',
    ]);
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/^stepcast: the broker at ws:\/\/127\.0\.0\.1:1\/mqtt cannot be reached/);
    const file = join(directory, 'elsewhere.json');
    await writeFile(
      file,
      JSON.stringify({
        schema: 'stepcast.replay-progress/v1',
        place: 'eu-west-1',
        selection: { what: null, from: null, to: '2026-11-03T10:15:00.000Z', allEpochs: false },
        reached: null,
        published: 0,
        finished: false,
      }),
    );
    const elsewhere = await sandbox.stepcast('replay', '--resume', file);
    expect({ code: elsewhere.code, err: elsewhere.err }).toEqual({
      code: 64,
      err: expect.stringContaining('is about eu-west-1, not the sandbox'),
    });
  });
});
