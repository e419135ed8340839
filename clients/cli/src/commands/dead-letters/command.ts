import type { Command } from 'commander';
import { hexDigest } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, QUEUE_NAMES } from '@stepcast/wire';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import type { Operator } from '../../operator/connect.ts';
import { AmbiguousSubjectError, UnknownSubjectError } from '../../operator/errors.ts';
import { storedExecution } from '../../operator/reading/waiting.ts';
import { columns, count } from '../../report/lines.ts';
import { ChangeOptions, makeChanges, requireReason, withChangeOptions, type Change } from '../changes.ts';
import {
  operatorAction,
  optionsOf,
  withExamples,
  type Answer,
  type CommandContext,
  type Running,
} from '../run.ts';
import { explainCode, linesOfExplanation } from './explain.ts';
import { resendingOf, withLetters, type HeldLetter } from './letters.ts';

const LOOK_SECONDS = 20;
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
  addList(letters, context);
  addExplain(letters, context);
  addRetry(letters, context);
  addDrop(letters, context);
}

function addList(letters: Command, context: CommandContext): void {
  const command = letters
    .command('list')
    .description('list the letters, oldest first; each is looked at and given back')
    .option('--code <code>', 'only letters of this code');
  operatorAction(command, context, async ({ operator }, _args, given) => {
    const { code } = optionsOf(Selection, given);
    const found = await withLetters(operator.queues, LOOK_SECONDS, (held) =>
      Promise.resolve(held.filter(({ letter }) => code === undefined || letter?.code === code)),
    );
    const nowMs = operator.clock.nowMs();
    return {
      schema: 'stepcast.dead-letters/v1',
      json: { letters: found.map((one) => jsonOf(one)) },
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
                letter?.reason.split('\n', 1)[0]?.slice(0, 120) ?? 'it is no letter of ours',
              ]),
            ),
    };
  });
  withExamples(command, [['stepcast dead-letters list --code CORRELATOR_UNOWNED', 'those of one code']]);
}

function backTo(resending: ReturnType<typeof resendingOf> | undefined): string {
  return resending?.ok === true ? [...new Set(resending.messages.map(({ queue }) => queue))].join(', ') : '-';
}

function jsonOf({ id, letter, body }: HeldLetter) {
  if (letter === undefined) return { id, code: null, reason: 'it is no letter of ours', bytes: body.length };
  const resending = resendingOf(letter, '');
  const { service, code, reason, at, executionArn = null } = letter;
  return { id, at, service, code, reason, executionArn, backTo: resending.ok ? backTo(resending) : null };
}

function addExplain(letters: Command, context: CommandContext): void {
  const command = letters
    .command('explain')
    .description('say what a code means, how to look and how to mend, in the words of the runbook')
    .argument('<code>', 'code, or the ID of a letter');
  operatorAction(command, context, async ({ operator }, [what = '']) => {
    const byCode = explainCode(what);
    if (byCode !== undefined)
      return { schema: 'stepcast.explain-letter/v1', json: byCode, lines: linesOfExplanation(byCode) };
    const letter = await withLetters(operator.queues, LOOK_SECONDS, (held) =>
      Promise.resolve(one(held, what)),
    );
    const code = letter.letter?.code;
    const explanation = code === undefined ? undefined : explainCode(code);
    return {
      schema: 'stepcast.explain-letter/v1',
      json: { letter: jsonOf(letter), ...(explanation ?? { code: code ?? null }) },
      lines: [
        `${letter.id}: ${letter.letter?.reason ?? 'it is no letter of ours'}`,
        '',
        ...(explanation === undefined
          ? [`${code ?? 'It'} is not in the runbook; docs/reference/errors.md lists every code.`]
          : linesOfExplanation(explanation)),
      ],
    };
  });
  withExamples(command, [['stepcast dead-letters explain CORRELATOR_UNOWNED', 'what to do about it']]);
}

function one(held: readonly HeldLetter[], id: string): HeldLetter {
  const found = held.filter((letter) => letter.id.startsWith(id));
  const [only] = found;
  if (only === undefined)
    throw new UnknownSubjectError(`no dead letter has an ID that begins with "${id}", and it is no code`);
  if (found.length > 1)
    throw new AmbiguousSubjectError(
      id,
      found.map((letter) => letter.id),
      true,
    );
  return only;
}

function selected(
  held: readonly HeldLetter[],
  ids: readonly string[],
  { code, all }: Selection,
): readonly HeldLetter[] {
  if (ids.length > 0) return ids.map((id) => one(held, id));
  if (code === undefined && !all) throw new UsageError('name letters by their IDs, or --code, or --all');
  const found = held.filter(({ letter }) => code === undefined || letter?.code === code);
  if (found.length === 0)
    throw new UnknownSubjectError(
      code === undefined ? 'there are no dead letters' : `no dead letter has the code ${code}`,
    );
  return found;
}

const subjectOf = ({ id, letter }: HeldLetter) => `letter ${id} (${letter?.code ?? 'unreadable'})`;

async function change(
  running: Running,
  action: string,
  ids: readonly string[],
  options: Selection,
  make: (letter: HeldLetter) => Change['make'],
): Promise<Answer> {
  const { queues } = running.operator;
  return withLetters(queues, WORK_SECONDS, (held, settled) =>
    makeChanges(
      running,
      action,
      selected(held, ids, options).map((letter) => ({
        subject: subjectOf(letter),
        async make() {
          const what = await make(letter)();
          if (what !== undefined && !what.startsWith('left')) {
            await queues.delete(QUEUE_NAMES.deadLetters, letter.receipt);
            settled(letter);
          }
          return what;
        },
      })),
      options,
    ),
  );
}

function addRetry(letters: Command, context: CommandContext): void {
  const command = withSelection(
    letters
      .command('retry')
      .description('send letters back to the queues that they came from, in the group of their execution'),
    false,
  );
  operatorAction(command, context, async (running, ids, given) => {
    const options = optionsOf(Selection, given);
    return change(
      running,
      'dead-letters retry',
      ids,
      options,
      (letter) => () => resend(running.operator, letter),
    );
  });
  withExamples(command, [
    ['stepcast dead-letters retry 0a1b2c3d', 'one letter, by the beginning of its ID'],
    ['stepcast dead-letters retry --code CORRELATOR_START_FAILED --yes', 'all of a code, without asking'],
  ]);
}

async function resend({ queues, table, newId }: Operator, { letter }: HeldLetter): Promise<string> {
  if (letter === undefined) return 'left: it is no letter of ours';
  const resending = resendingOf(letter, newId());
  if (!resending.ok) return `left: ${resending.why}`;
  if (resending.unowned !== undefined) {
    // It was given up. Without that, the proofs are weighed anew.
    const { owner, ownerText } = await storedExecution(table, resending.unowned);
    if (owner?.kind === 'unowned')
      await table.delete(
        correlationKeys.execution(hexDigest(resending.unowned)),
        CORRELATION_KEYS.owner,
        ownerText,
      );
  }
  for (const { queue, body, fifo } of resending.messages) await queues.send(queue, body, fifo);
  const to = [...new Set(resending.messages.map(({ queue }) => queue))].join(', ');
  return `sent to ${to}${resending.messages.length === 1 ? '' : ` (${count(resending.messages.length, 'message')})`}`;
}

function addDrop(letters: Command, context: CommandContext): void {
  const command = withSelection(
    letters.command('drop').description('delete letters for good; the audit keeps why'),
    true,
  );
  operatorAction(command, context, async (running, ids, given) => {
    const options = optionsOf(Selection, given);
    requireReason(options);
    return change(running, 'dead-letters drop', ids, options, () => () => Promise.resolve('dropped'));
  });
  withExamples(command, [
    ['stepcast dead-letters drop 0a1b2c3d --reason "upload of a load test"', 'one letter'],
  ]);
}

function withSelection(command: Command, needsReason: boolean): Command {
  return withChangeOptions(
    command
      .argument('[id...]', 'IDs of letters, or their beginnings')
      .option('--code <code>', 'all letters of this code')
      .option('--all', 'every letter'),
    needsReason,
  );
}
