import type { Command } from 'commander';
import * as z from 'zod';
import {
  backTo,
  explainCode,
  letterById,
  letterChange,
  linesOfExplanation,
  resendingOf,
  selectLetters,
  viewLetter,
  withLetters,
} from '@stepcast/operations';
import { columns, headOf } from '../../report/lines.ts';
import { ChangeOptions, makeChanges, requireReason, withChangeOptions } from '../changes.ts';
import {
  operatorAction,
  optionsOf,
  withExamples,
  type Answer,
  type CommandContext,
  type Running,
} from '../run.ts';
import { explanationJson } from './explanation.ts';

/** Of a letter's reason, in the list; `explain` and `--json` have all of it. */
const REASON_CHARACTERS = 120;
const READ_SECONDS = 20;
/** Long enough to ask and to change. */
const WORK_SECONDS = 300;

const Selection = ChangeOptions.extend({
  code: z.string().optional(),
  all: z.boolean().default(false),
});
type Selection = z.infer<typeof Selection>;

/** `stepcast dead-letters`: what services gave up. */
export function addDeadLetters(program: Command, context: CommandContext): void {
  const letters = program
    .command('dead-letters')
    .description('list, explain, send again and drop what services gave up');
  withExamples(letters, [
    ['stepcast dead-letters list', 'what lies there'],
    ['stepcast dead-letters explain CORRELATOR_START_FAILED', 'what it means and how to mend it'],
    ['stepcast dead-letters retry --code CORRELATOR_START_FAILED', 'once it is mended; asks first'],
  ]);
  addList(letters, context);
  addExplain(letters, context);
  addRetry(letters, context);
  addDrop(letters, context);
}

function addList(letters: Command, context: CommandContext): void {
  const command = letters
    .command('list')
    .description('list the letters, oldest first; each is read and given back')
    .option('--code <code>', 'only letters of this code');
  operatorAction(command, context, async ({ operator }, _args, given) => {
    const { code } = optionsOf(Selection, given);
    const found = await withLetters(operator.queues, READ_SECONDS, (held) =>
      Promise.resolve(held.filter(({ letter }) => code === undefined || letter?.code === code)),
    );
    const nowMs = operator.clock.nowMs();
    return {
      schema: 'stepcast.dead-letters/v1',
      json: { letters: found.map((one) => viewLetter(one)) },
      lines:
        found.length === 0
          ? ['no dead letters']
          : columns(
              ['ID', 'AT', 'CODE', 'BACK TO', 'EXECUTION', 'REASON'],
              found.map(({ id, letter, sentMs }) => [
                id,
                letter?.at ?? new Date(sentMs ?? nowMs).toISOString(),
                letter?.code ?? 'unreadable',
                backTo(letter === undefined ? undefined : resendingOf(letter, '')),
                letter?.executionArn?.split(':').at(-1) ?? '-',
                letter === undefined ? 'it is no letter of ours' : headOf(letter.reason, REASON_CHARACTERS),
              ]),
            ),
    };
  });
  withExamples(command, [['stepcast dead-letters list --code CORRELATOR_UNOWNED', 'those of one code']]);
}

function addExplain(letters: Command, context: CommandContext): void {
  const command = letters
    .command('explain')
    .description('say what a code means, how to look and how to mend, in the words of the runbook')
    .argument('<code>', 'code, or the ID of a letter');
  const explain = async ({ operator }: Running, [what = '']: readonly string[]): Promise<Answer> => {
    const letter = await withLetters(operator.queues, READ_SECONDS, (held) =>
      Promise.resolve(letterById(held, what, { besides: ', and it is no code' })),
    );
    const code = letter.letter?.code;
    const explanation = code === undefined ? undefined : explainCode(code);
    return {
      schema: 'stepcast.explain-letter/v1',
      json: {
        letter: viewLetter(letter),
        ...(explanation === undefined ? { code: code ?? null } : explanationJson(explanation)),
      },
      lines: [
        `${letter.id}: ${letter.letter?.reason ?? 'it is no letter of ours'}`,
        '',
        ...(explanation === undefined
          ? [`${code ?? 'It'} is not in the runbook; docs/reference/errors.md lists every code.`]
          : linesOfExplanation(explanation)),
      ],
    };
  };
  // The words of a code are here; only a letter has to be asked for.
  operatorAction(command, context, explain, ([what = '']) => {
    const byCode = explainCode(what.trim().toUpperCase());
    return byCode === undefined
      ? undefined
      : {
          schema: 'stepcast.explain-letter/v1',
          json: explanationJson(byCode),
          lines: linesOfExplanation(byCode),
        };
  });
  withExamples(command, [['stepcast dead-letters explain CORRELATOR_UNOWNED', 'what to do about it']]);
}

async function change(
  running: Running,
  action: 'retry' | 'drop',
  ids: readonly string[],
  options: Selection,
): Promise<Answer> {
  const { operator } = running;
  return withLetters(operator.queues, WORK_SECONDS, (held, settled) =>
    makeChanges(
      running,
      `dead-letters ${action}`,
      selectLetters(held, { ...options, ids, whole: action === 'drop' }).map((letter) =>
        letterChange(operator, letter, action, settled),
      ),
      options,
    ),
  );
}

function addRetry(letters: Command, context: CommandContext): void {
  const command = withSelection(
    letters
      .command('retry')
      .description('send letters back to the queues that they came from, in the group of their execution'),
    'IDs of letters, or their beginnings',
    false,
  );
  operatorAction(command, context, async (running, ids, given) => {
    const options = optionsOf(Selection, given);
    return change(running, 'retry', ids, options);
  });
  withExamples(command, [
    ['stepcast dead-letters retry 0a1b2c3d', 'one letter, by the beginning of its ID'],
    ['stepcast dead-letters retry --code CORRELATOR_START_FAILED --yes', 'all of a code, without asking'],
  ]);
}

function addDrop(letters: Command, context: CommandContext): void {
  const command = withSelection(
    letters.command('drop').description('delete letters for good; the audit keeps why'),
    'IDs of letters, in full',
    true,
  );
  operatorAction(command, context, async (running, ids, given) => {
    const options = optionsOf(Selection, given);
    requireReason(options);
    return change(running, 'drop', ids, options);
  });
  withExamples(command, [
    [
      'stepcast dead-letters drop 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d --reason "upload of a load test"',
      'one letter, by its whole ID',
    ],
  ]);
}

function withSelection(command: Command, which: string, needsReason: boolean): Command {
  return withChangeOptions(
    command
      .argument('[id...]', which)
      .option('--code <code>', 'all letters of this code')
      .option('--all', 'every letter'),
    needsReason,
  );
}
