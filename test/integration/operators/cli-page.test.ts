import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATOR_COMMANDS } from '@stepcast/policies';
import { cliPage } from './cli-page.ts';

const PAGE = join(import.meta.dirname, '../../../docs/operations/cli.md');

describe('docs/operations/cli.md', () => {
  it('shows what the commands really print; "npm run docs:cli" writes it', async () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(await cliPage());
  });

  it('names every command that needs rights', () => {
    const page = readFileSync(PAGE, 'utf8');
    for (const command of OPERATOR_COMMANDS)
      expect(page).toContain(command.replace('journal-import', 'journal import'));
  });
});
