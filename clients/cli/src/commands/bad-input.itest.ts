import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandboxProcess, type SandboxProcess, type Uploaded } from '../testing/sandbox-process.ts';

let sandbox: SandboxProcess;
let uploaded: Uploaded;
let directory: string;
/** Its owner chose the name so that it looks like lines of the command. */
const NAME = 'photo\n  owner   somebody else\u001b[2J.txt';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepcast-bad-input-'));
  sandbox = await startSandboxProcess();
  uploaded = await sandbox.upload('alice', NAME, 'one line\n');
  await sandbox.ended(uploaded);
});
afterAll(async () => {
  await sandbox.end();
  await rm(directory, { recursive: true, force: true });
});

describe('a name that looks like lines of the command', () => {
  it.each([
    ['lookup', (one: Uploaded) => one.uploadId],
    ['lookup', (one: Uploaded) => one.identityId],
  ])('takes one line of %s: its owner could write lines there', async (command, what) => {
    const { code, out } = await sandbox.stepcast(command, what(uploaded));
    expect(code).toBe(0);
    expect(out).toContain('photo\\n  owner   somebody else\\x1b[2J.txt');
    expect(out).not.toMatch(/^ *owner +somebody/m);
  });

  it('takes one line of the audit', async () => {
    const changed = await sandbox.stepcast('reprocess', uploaded.uploadId, '--yes', '--reason', 'two\nlines');
    expect(changed.code).toBe(0);
    const { out } = await sandbox.stepcast('audit');
    expect(out).toContain('two\\nlines');
    // The names of the columns, begun and done.
    expect(out.trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('a command line that was taken for another', () => {
  it.each([
    [['replay', '--from', '1', '--dry-run'], '--from is no time such as 2026-11-03T10:15:00Z'],
    [['replay', '--to', '2026-02-30', '--dry-run'], '--to is no time such as'],
    [['replay', '--from', '2026-12-01T10:00', '--dry-run'], '--from is no time such as'],
    [['replay', 'up-', '--all', '--dry-run'], 'name what to replay, or everybody with --all; not both'],
    [['replay', '--all', '--reason', ' '], '--reason says nothing'],
    [['replay', '--all', '--progress-file', ''], '--progress-file says nothing'],
    [['backfill', '--from', 'logs', '--log-group', 'x', '--since', '1'], '--since is no time such as'],
    [['audit', '--month', '2026-13'], '--month is no month such as 2026-11'],
    [['audit', '--month', '2026-00'], '--month is no month such as 2026-11'],
    [['journal', 'show', 'up-', '--epoch', ''], '--epoch says nothing'],
    [['journal', 'export', 'up-', '--output', ''], '--output says nothing'],
  ])('%j is refused in a line, and nothing is done', async (argv, says) => {
    const { code, out, err } = await sandbox.stepcast(...argv);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toContain(`stepcast: ${says}`);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('knows a code of a dead letter however it is written', async () => {
    const { code, out } = await sandbox.stepcast('dead-letters', 'explain', 'correlator_unowned');
    expect(code).toBe(0);
    expect(out).toMatch(/^CORRELATOR_UNOWNED /);
  });
});

describe('the progress file of a replay', () => {
  const replay = (file: string) =>
    sandbox.stepcast('replay', uploaded.uploadId, '--rate', '1000', '--progress-file', file);

  it('is never written over something else: an export of the journal was lost', async () => {
    const file = join(directory, 'export.ndjson');
    await writeFile(file, 'precious\n');
    const { code, out, err } = await replay(file);
    expect({ code, out }).toEqual({ code: 64, out: '' });
    expect(err).toMatch(/is there already and is no progress of a replay; name another\n$/);
    expect(await readFile(file, 'utf8')).toBe('precious\n');
  });

  it('is written over a replay that came to its end, and not over one that can go on', async () => {
    const file = join(directory, 'replay.json');
    expect((await replay(file)).code).toBe(0);
    expect((await replay(file)).code).toBe(0);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"finished": true', '"finished": false'));
    const { code, err } = await replay(file);
    expect(code).toBe(64);
    expect(err).toContain(`go on with --resume ${file}, or name another`);
  });
});
