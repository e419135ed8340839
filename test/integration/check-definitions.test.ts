import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const Report = z.object({ definitions: z.array(z.looseObject({ file: z.string(), verdict: z.string() })) });

let folder = '';
const files = { runs: '', standIns: '', refused: '' };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepcast-check-'));
  const write = async (name: string, state: object): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, JSON.stringify({ StartAt: 'S', States: { S: { End: true, ...state } } }));
    return file;
  };
  files.runs = await write('runs.json', { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage' });
  files.standIns = await write('stand-ins.json', { Type: 'Task', Resource: 'arn:aws:states:::sns:publish' });
  files.refused = await write('refused.json', { Type: 'Pass', Assign: false });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What `npm start -- …` does, without npm. */
function start(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  const args = [
    '--conditions=stepcast-source',
    join(ROOT, 'services', 'sandbox', 'src', 'launch.ts'),
    ...argv,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: ROOT, timeout: 60_000 }, (error, out) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out });
    });
  });
}

describe('npm start -- --check', () => {
  it('says of each file what it is, and ends with 1 when one is refused', async () => {
    const { code, out } = await start('--check', files.runs, files.standIns, files.refused);
    expect(code).toBe(1);
    expect(out).toContain(`${files.runs}: runs as it is`);
    expect(out).toContain(
      `${files.standIns}: runs with stand-ins\n  stand-in for arn:aws:states:::sns:publish`,
    );
    expect(out).toContain('SCHEMA_VALIDATION_FAILED: $.States.S.Assign');
    expect(out).toContain('1 as they are, 1 with stand-ins, 1 not');
  });

  it('takes a definition in YAML, and says where one is broken', async () => {
    const yaml = join(folder, 'flow.asl.yaml');
    await writeFile(
      yaml,
      'StartAt: S\nStates:\n  S:\n    Type: Task\n    Resource: arn:aws:states:::sqs:sendMessage\n    End: true\n',
    );
    const broken = join(folder, 'broken.asl.yml');
    await writeFile(broken, 'StartAt: [S\n');
    const { code, out } = await start('--check', yaml, broken);
    expect(code).toBe(1);
    expect(out).toContain(`${yaml}: runs as it is`);
    expect(out).toMatch(/broken\.asl\.yml is neither JSON nor YAML at line \d+, column \d+/);
  });

  it('ends with 0 when all run, and writes JSON for programs', async () => {
    const { code, out } = await start('--check', files.runs, files.standIns, '--json');
    expect(code).toBe(0);
    const report = parseJson(Report, out);
    expect(report.ok && report.value.definitions.map(({ verdict }) => verdict)).toEqual([
      'runs',
      'stand-ins',
    ]);
  });

  it('refuses a file that is not there with a line, not a stack', async () => {
    const { code, out } = await start('--check', join(folder, 'nowhere.json'));
    expect(code).toBe(1);
    expect(out).toMatch(/nowhere\.json: does not run\n {2}UNREADABLE: ENOENT/);
  });

  it('wants files', async () => {
    expect((await start('--check')).code).toBe(1);
  });
});
