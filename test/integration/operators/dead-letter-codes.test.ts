import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '@stepcast/contracts';
import { DEAD_LETTER_CODES } from '@stepcast/wire';
import type { Sandbox } from '@stepcast/sandbox';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { writeQuickWorkflow } from '../../chaos/sandbox-client.ts';
import { startTestSandbox } from '../../support/sandbox.ts';
import { stepcast } from './command.ts';
import { createLetterWorld, type Letters, type LetterWorld } from './letter-world.ts';
import { LETTERS_OF_CORRELATOR } from './letters-of-correlator.ts';
import { LETTERS_OF_OTHERS } from './letters-of-others.ts';
import { until } from './rebuilding.ts';

const RUNBOOK = readFileSync(join(import.meta.dirname, '../../../docs/operations/runbook.md'), 'utf8');
/** Every code that has a section in the runbook, with the kind that stands there. Alarms have sections of their own. */
const [, ABOUT_CODES = ''] = RUNBOOK.split('\n## Dead-letter codes\n');
const CODES = new Map(
  ABOUT_CODES.split('\n### `')
    .slice(1)
    .map((section) => [section.split('`')[0] ?? '', /_\((\w+)\)_/.exec(section)?.[1] ?? 'none'] as const),
);
/** Each code is made by the service that gives something up under it: a code that none makes does not compile. */
const ROWS: Letters = { ...LETTERS_OF_CORRELATOR, ...LETTERS_OF_OTHERS };

let workflow: Awaited<ReturnType<typeof writeQuickWorkflow>>;
let sandbox: Sandbox;
let world: LetterWorld;

beforeAll(async () => {
  workflow = await writeQuickWorkflow(2, 20);
  sandbox = await startTestSandbox({ argv: workflow.argv });
  world = await createLetterWorld(sandbox);
});
afterEach(() => {
  world.interfere(() => undefined);
});
afterAll(async () => {
  await world.close();
  await sandbox.stop({ force: true });
  await workflow.remove();
});

const run = (...line: readonly string[]) => stepcast(...line, '--endpoint', sandbox.url);

const List = z.object({
  letters: z.array(
    z.object({
      id: z.string(),
      code: z.string().nullable(),
      backTo: z.string().nullable(),
      reason: z.string(),
    }),
  ),
});

async function lettersOf(code: string) {
  const { out } = await run('dead-letters', 'list', '--code', code, '--json');
  const parsed = parseJson(List, out);
  return parsed.ok ? parsed.value.letters : [];
}

describe('a dead letter', () => {
  const answers = [...CODES].filter(([, kind]) => kind === 'answer').map(([code]) => code);

  it('of every code of the runbook is made here, but for those that are answers and no letters', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(
      [...CODES.keys()].filter((code) => !answers.includes(code)).toSorted(),
    );
    expect(Object.keys(ROWS).toSorted()).toEqual(DEAD_LETTER_CODES.toSorted());
  });

  it.each(answers)('is not what %s is, and explaining it says so', async (code) => {
    expect((await run('dead-letters', 'explain', code)).out).toContain('No dead letter: the answer');
  });

  it.each(Object.entries(ROWS))('%s is made, explained and sent again', async (code, make) => {
    const { goes, says, made, mend, holds, after } = await make(world);
    await until(`the letter ${code}`, async () => (await lettersOf(code)).length > 0);
    await made?.();
    const [letter] = await lettersOf(code);
    if (says !== undefined) expect(letter?.reason).toMatch(says);

    const explained = await run('dead-letters', 'explain', letter?.id ?? '');
    expect(explained.out).toMatch(new RegExp(`^${letter?.id ?? ''}: .+\n\n${code}( \\(\\w+\\))?\n\nWhat: `));
    expect(explained.out).toMatch(/\nHow to mend: +\S/);

    await mend?.();
    const retried = await run('dead-letters', 'retry', letter?.id ?? '', '--yes');
    expect(retried.err).not.toContain('stepcast:');
    const what = retried.out.trimEnd().replace(/^letter \S+ \(\w+\): /, '');
    if (typeof goes !== 'string') {
      expect(what).toMatch(goes);
      expect(letter?.backTo).toBeNull();
      expect((await lettersOf(code)).map(({ id }) => id)).toEqual([letter?.id]);
    } else {
      expect(what).toBe(`sent to ${goes}`);
      expect(letter?.backTo).toBe(goes);
      if (holds !== undefined) await until(`${code}: what was mended`, holds);
      // It comes back as another letter.
      else
        await until(`${code} again`, async () => (await lettersOf(code)).some(({ id }) => id !== letter?.id));
    }
    const left = (await lettersOf(code)).map(({ id }) => id);
    expect(left.includes(letter?.id ?? '')).toBe(typeof goes !== 'string');
    if (left.length > 0) {
      const dropped = await run('dead-letters', 'drop', '--code', code, '--yes', '--reason', 'a test');
      expect(dropped.out).toContain(': dropped\n');
    }
    expect(await lettersOf(code)).toEqual([]);
    await after?.();
  });
});
