import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startSandboxProcess, type SandboxProcess, type Uploaded } from '../../testing/sandbox-process.ts';

let from: SandboxProcess;
let to: SandboxProcess;
let one: Uploaded;
let directory: string;
let file: string;

beforeAll(async () => {
  [from, to] = await Promise.all([startSandboxProcess(), startSandboxProcess()]);
  directory = await mkdtemp(join(tmpdir(), 'stepcast-cli-'));
  file = join(directory, 'alice.ndjson');
  one = await from.upload('alice', 'one.txt', 'one line\nanother line\n');
  await from.ended(one);
});
afterAll(async () => {
  await Promise.all([from.end(), to.end()]);
  await rm(directory, { recursive: true, force: true });
});

const Imported = z.object({ lines: z.number(), written: z.number(), same: z.number() });
const Shown = z.object({ events: z.array(z.object({ offset: z.number(), kind: z.string() })) });

describe('stepcast journal', () => {
  it('shows the events of an upload in order, whole or a range', async () => {
    const { out } = await from.stepcast('journal', 'show', one.uploadId);
    expect(out).toMatch(/OFFSET +TIME +EVENT +PERCENT +WHAT\n1 .* uploaded/);
    const { events } = (await from.stepcast('journal', 'show', one.uploadId, '--json')).json(Shown);
    expect(events.map(({ offset }) => offset)).toEqual(events.map((_event, at) => at + 1));
    expect(events.at(-1)?.kind).toBe('executionSucceeded');
    const range = await from.stepcast('journal', 'show', one.uploadId, '--from', '2', '--to', '3', '--json');
    expect(range.json(Shown).events).toEqual(events.slice(1, 3));
  });

  it.each([
    [['--from', '900'], 4, /no offset of .* is in that range; its journal has 1 to \d+/],
    [['--from', '3', '--to', '2'], 64, /--from 3 is behind --to 2/],
    [['--from', 'x'], 64, /--from is no number/],
    [['--epoch', 'none'], 4, /has no epoch none; there are /],
  ])('says of the range %j what is wrong with it', async (argv, exitCode, says) => {
    const { code, err } = await from.stepcast('journal', 'show', one.uploadId, ...argv);
    expect(err).toMatch(says);
    expect(code).toBe(exitCode);
  });

  it('exports an identity, and another deployment that imports it knows the same', async () => {
    const exported = await from.stepcast('journal', 'export', one.identityId, '--output', file);
    expect(exported.err).toMatch(/\d+ items of 1 upload written to/);
    expect(exported.code).toBe(0);
    const imported = (await to.stepcast('journal', 'import', file, '--json')).json(Imported);
    expect(imported).toMatchObject({ same: 0 });
    expect(imported.written).toBe(imported.lines - 1);
    expect((await to.stepcast('journal', 'show', one.uploadId)).out).toBe(
      (await from.stepcast('journal', 'show', one.uploadId)).out,
    );
    const owners = /proof +managedStart/;
    expect((await to.stepcast('lookup', one.uploadId)).out).toMatch(owners);
  });

  it('imports again without changing anything, from standard input too', async () => {
    const again = (await to.stepcast('journal', 'import', file, '--json')).json(Imported);
    expect(again).toMatchObject({ written: 0, same: again.lines - 1 });
  });

  it('refuses a half-written file at the line, writes nothing, and says how to go on', async () => {
    const text = await readFile(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    const broken = join(directory, 'broken.ndjson');
    await writeFile(broken, `${lines.slice(0, 4).join('\n')}\n${(lines[4] ?? '').slice(0, 60)}`);
    const cut = await to.stepcast('journal', 'import', broken);
    expect(cut.code).toBe(65);
    expect(cut.err).toMatch(
      /^stepcast: line 5: the file is cut off in the middle of this line; export it again\n/,
    );
    expect(cut.err).toContain('Nothing was imported.');

    await writeFile(broken, `${lines.slice(0, -1).join('\n')}\n`);
    expect((await to.stepcast('journal', 'import', broken)).err).toMatch(
      new RegExp(`after line ${lines.length - 1}: the export has no end, so the file is cut off`),
    );
  });

  it('refuses a line that the schema of its item does not allow, and one that would change what is there', async () => {
    const changed = join(directory, 'changed.ndjson');
    const text = await readFile(file, 'utf8');
    const at = text.split('\n').findIndex((line) => line.includes('"pk":"stream#'));
    const line = text.split('\n')[at] ?? '';

    await writeFile(changed, text.replace(line, line.replace('\\"offset\\":1,', '\\"offset\\":7,')));
    const wrong = await to.stepcast('journal', 'import', changed);
    expect({ code: wrong.code, err: wrong.err }).toEqual({
      code: 65,
      err: expect.stringMatching(new RegExp(`line ${at + 1}: .*its events are not those of the offsets`)),
    });

    await writeFile(changed, text.replace(line, line.replace('/one.txt', '/two.txt')));
    const other = await to.stepcast('journal', 'import', changed);
    expect({ code: other.code, err: other.err }).toEqual({ code: 1, err: '' });
    expect(other.out).toMatch(/^0 items written, \d+ were there already, \d+ left out\.\n/);
    expect(other.out).toMatch(
      /line \d+: stream#\S+ 000000000001 is in the table with something else; it stays as it is\n/,
    );
  });

  it('imports the rest where one stream was built anew: it stopped there for ever, and left a newer version without events', async () => {
    const place = await startSandboxProcess();
    try {
      const first = await from.upload('alice', 'anew.txt', 'one\n');
      await from.ended(first);
      expect((await from.stepcast('reprocess', first.uploadId, '--yes')).code).toBe(0);
      await from.ended(first);
      const all = join(directory, 'anew.ndjson');
      await from.stepcast('journal', 'export', first.uploadId, '--output', all);
      const lines = (await readFile(all, 'utf8')).split('\n');
      const at = lines.findIndex((line) => line.includes('"pk":"stream#'));
      const stream = /"pk":"(stream#[^"]+)"/.exec(lines[at] ?? '')?.[1] ?? '';
      const ofStream = lines.filter((line) => line.includes(`"pk":"${stream}"`)).length;
      // Another making of the first version: its first entry alone, and not the same.
      const other = [
        lines[0],
        (lines[at] ?? '').replace('/anew.txt', '/made.txt'),
        '{"kind":"end","items":1}',
        '',
      ];
      const made = join(directory, 'made.ndjson');
      await writeFile(made, other.join('\n'));
      expect((await place.stepcast('journal', 'import', made)).code).toBe(0);
      const { code, out } = await place.stepcast('journal', 'import', all, '--json');
      expect(code).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        written: lines.length - 3 - ofStream,
        leftOut: ofStream,
        differences: [{ line: at + 1, pk: stream, sk: '000000000001' }],
      });
      // The newer version is whole.
      const shown = await place.stepcast('journal', 'show', first.uploadId);
      expect(shown.out).toMatch(/executionSucceeded/);
    } finally {
      await place.end();
    }
  });

  it('says of a file that is none what it is not', async () => {
    const { code, err } = await to.stepcast('journal', 'import', join(directory, 'none.ndjson'));
    expect(code).toBe(65);
    expect(err).toMatch(/cannot be read: ENOENT/);
    const exists = await from.stepcast('journal', 'export', one.uploadId, '--output', file);
    expect({ code: exists.code, err: exists.err }).toEqual({
      code: 64,
      err: expect.stringMatching(/cannot be written: EEXIST/),
    });
  });
});
