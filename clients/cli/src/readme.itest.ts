import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPERATOR_COMMANDS } from '@stepcast/policies';
import { run } from './testing/run-cli.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const pages = ['README.md', join('infra', 'cdk', 'README.md'), join('docs', 'operations', 'deploy.md')]
  .map((page) => readFileSync(join(ROOT, page), 'utf8'))
  .join('\n');
const folder = mkdtempSync(join(tmpdir(), 'stepcast-readme-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The command lines of this command that stand in the pages, without comment and redirection. */
const shown = [...pages.matchAll(/^npm run --silent stepcast -- ([^#>\n]+)/gm)].map(([, line = '']) =>
  line.trim(),
);

describe('the pages on the deployment', () => {
  it('show commands of every kind that a deployment takes', () => {
    expect([...new Set(shown.map((line) => line.split(' ')[0]))].toSorted()).toEqual([
      'destroy',
      'doctor',
      'permission-set',
    ]);
    expect(OPERATOR_COMMANDS).toContain('destroy');
  });

  it.each(shown)('show a command line that is understood: %s', async (line) => {
    const settings = join(folder, 'stepcast.json');
    writeFileSync(settings, '{}');
    const words = line.split(/\s+/).map((word) => (word === 'stepcast.json' ? settings : word));
    const { code, err } = await run([...words, ...(words[0] === 'destroy' ? ['--help'] : [])]);
    // 65: these settings have nothing in them; the command line itself is fine.
    expect([0, 65]).toContain(code);
    expect(err).not.toMatch(/unknown option|unknown command/);
  });
});
