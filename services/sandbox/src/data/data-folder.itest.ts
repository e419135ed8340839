import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from './data-folder.ts';

const place = 'us-east-1, 111122223333';
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-data-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a folder for data', () => {
  it('keeps texts by key, in the order in which the keys came', () => {
    const before = openDataFolder(folder, place);
    const keeper = before.keeper('a');
    keeper.put('2', 'two');
    keeper.put('1', 'one');
    keeper.put('3', 'three');
    keeper.put('2', 'second');
    keeper.delete('3');
    before.keeper('b').put('1', 'other');
    before.close();
    const after = openDataFolder(folder, place);
    expect(after.keeper('a').entries()).toEqual([
      ['2', 'second'],
      ['1', 'one'],
    ]);
    after.close();
  });

  it('forgets the oldest beyond a number', () => {
    const data = openDataFolder(folder, place);
    const keeper = data.keeper('a', 200);
    for (let index = 0; index < 1_000; index += 1) keeper.put(`${index}`, '');
    const keys = keeper.entries().map(([key]) => key);
    expect(keys.length).toBeLessThanOrEqual(203);
    expect(keys.at(-1)).toBe('999');
    data.close();
  });

  it('keeps executions with their events, up to 900', () => {
    const data = openDataFolder(folder, place);
    for (let index = 0; index < 905; index += 1) data.executions.begin(`arn:${index}`, 'head');
    data.executions.append('arn:904', 2, 'two');
    data.executions.append('arn:904', 1, 'one');
    data.executions.amend('arn:904', 'amended');
    const stored = data.executions.executions();
    expect([stored.length, stored[0]?.arn]).toEqual([900, 'arn:5']);
    expect(stored.at(-1)).toEqual({ arn: 'arn:904', head: 'amended', events: ['one', 'two'] });
    data.close();
  });

  it('is refused to a second sandbox, until the first has ended', () => {
    const first = openDataFolder(folder, place);
    expect(() => openDataFolder(folder, place)).toThrow(
      expect.objectContaining({
        code: 'SANDBOX_DATA_UNUSABLE',
        message: expect.stringContaining('is used by another sandbox; stop that one'),
      }),
    );
    first.close();
    openDataFolder(folder, place).close();
  });

  it('is refused when another version wrote it, another place owns it, or it is no database', async () => {
    openDataFolder(folder, place).close();
    expect(() => openDataFolder(folder, 'eu-west-1, 111122223333')).toThrow(
      /belongs to a sandbox in us-east-1/,
    );
    const db = new DatabaseSync(join(folder, 'sandbox.sqlite'));
    db.exec("UPDATE meta SET value = '7' WHERE name = 'version'");
    db.close();
    expect(() => openDataFolder(folder, place)).toThrow(
      /another version of the sandbox \(7; this one reads 1\)/,
    );
    await writeFile(
      join(folder, 'sandbox.sqlite'),
      'no database at all, but longer than a header of one'.repeat(20),
    );
    expect(() => openDataFolder(folder, place)).toThrow(/cannot be used: .*not a database/);
    await writeFile(join(folder, 'file'), '');
    expect(() => openDataFolder(join(folder, 'file'), place)).toThrow(/cannot be made/);
  });
});
