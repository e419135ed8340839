import { appendFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChildProcess } from '@stepcast/kit/testing/child-process';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'docs', 'reference');
let altered: string;
let code: number | null = null;
let problems: readonly string[] = [];

/** `npm run docs:reference -- --check`, for what is there and for a copy changed by hand: sources are read once. */
beforeAll(async () => {
  altered = await mkdtemp(join(tmpdir(), 'stepcast-reference-'));
  await cp(FOLDER, altered, { recursive: true });
  await appendFile(join(altered, 'metrics.md'), 'by hand\n');
  const main = join(ROOT, 'test', 'reference', 'main.ts');
  const args = ['--conditions=stepcast-source', main, '--check', '--folder', FOLDER, '--folder', altered];
  const child = startChildProcess(process.execPath, args, { cwd: ROOT });
  ({ code } = await child.exited);
  problems = child.stderr().trim().split('\n');
});

afterAll(async () => {
  await rm(altered, { recursive: true, force: true });
});

describe('the reference of codes, settings, metrics and topics', () => {
  it('is what the sources say', () => {
    expect(problems.filter((one) => !one.includes(basename(altered)))).toEqual([]);
  });

  it('is found out when it was changed by hand, or the sources were and it was not', () => {
    expect(code).toBe(1);
    expect(problems).toEqual([expect.stringMatching(/metrics\.md .*npm run docs:reference/)]);
  });

  it('has the codes of dead letters that no class carries, seventeen of which once stood in no document', async () => {
    const text = await readFile(join(FOLDER, 'errors.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code = '']) => code);
    expect(documented).toEqual(
      expect.arrayContaining([
        'CORRELATOR_UNOWNED',
        'FORWARDER_RECORD_INVALID',
        'PUBLISHER_HANDOVER_INVALID',
      ]),
    );
    expect(new Set(documented).size).toBe(documented.length);
  });

  it('has each metric under the prefix of its own service, where those of the engine once had the publisher’s', async () => {
    const text = await readFile(join(FOLDER, 'metrics.md'), 'utf8');
    const sections = text.split(/^## /m).slice(1);
    expect(sections.length).toBeGreaterThan(3);
    for (const section of sections) {
      const service = section.split('\n', 1)[0] ?? '';
      const names = [...section.matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name = '']) => name);
      expect(names).toEqual(names.map(() => expect.stringMatching(`^stepcast_${service}_`)));
    }
  });

  it('has whole sentences, where a table once had what stood before a colon', async () => {
    const text = await readFile(join(FOLDER, 'errors.md'), 'utf8');
    const meanings = [...text.matchAll(/^\| `[A-Z0-9_]+` +\|[^|]+\|([^|]+)\|/gm)].map(([, one = '']) =>
      one.trim(),
    );
    expect(meanings.length).toBeGreaterThan(60);
    expect(meanings.filter((one) => !/[.!?)]$/.test(one))).toEqual([]);
  });
});
