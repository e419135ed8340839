import type { Command } from 'commander';
import { QUEUE_NAMES } from '@stepcast/wire';
import * as z from 'zod';
import { columns, count, duration, pairs } from '../../report/lines.ts';
import { operatorAction, optionsOf, withExamples, type CommandContext } from '../run.ts';
import { countLetters, type LetterCount, readStats, type Stats } from '@stepcast/operations';

/** `stepcast stats`: what waits, per hop. */
export function addStats(program: Command, context: CommandContext): void {
  const command = program
    .command('stats')
    .description('count what waits: queues per hop, parked records, quarantine, gaps, dead letters by code')
    .option('--quick', 'queues only; the rest takes a scan of the journal table');
  operatorAction(command, context, async ({ operator }, _args, given) => {
    const { quick } = optionsOf(z.object({ quick: z.boolean().default(false) }), given);
    const stats = await readStats(operator, quick);
    const letters = stats.hops.find(({ queue }) => queue === QUEUE_NAMES.deadLetters)?.depth;
    const deadLetters = quick || (letters?.visible ?? 0) === 0 ? [] : await countLetters(operator.queues);
    return {
      schema: 'stepcast.stats/v1',
      json: { ...stats, deadLetters },
      lines: renderStats(stats, deadLetters),
    };
  });
  withExamples(command, [
    ['stepcast stats', 'everything that waits'],
    ['stepcast stats --quick --json', 'the queues, for a monitor'],
  ]);
}

function renderStats(
  { at, place, hops, waiting }: Stats,
  letters: readonly LetterCount[],
): readonly string[] {
  const old = (ms: number | null | undefined) => (ms === null || ms === undefined ? '-' : duration(ms));
  return [
    `${place}, ${at}`,
    '',
    ...columns(
      ['QUEUE', 'WAITING', 'IN FLIGHT', 'DELAYED', 'OLDEST', 'HOP'],
      hops.map(({ queue, hop, depth, oldestMs }) =>
        depth === null
          ? [queue, '-', '-', '-', '-', `${hop}: there is no such queue`]
          : [queue, String(depth.visible), String(depth.inFlight), String(depth.delayed), old(oldestMs), hop],
      ),
    ),
    ...(waiting === null
      ? []
      : [
          '',
          ...pairs([
            [
              'watched',
              `${count(waiting.watched.executions, 'execution')}, oldest ${old(waiting.watched.oldestMs)}`,
            ],
            [
              'parked',
              `${count(waiting.parked.records, 'record')} of ${count(waiting.parked.executions, 'execution')}, oldest ${old(waiting.parked.oldestMs)}`,
            ],
            ['quarantined', count(waiting.quarantined, 'execution')],
            ['given up', `${count(waiting.unowned, 'execution')} without an owner`],
            [
              'gaps',
              `${waiting.gaps.declared} declared, ${count(waiting.gaps.records, 'record')} never came`,
            ],
          ]),
        ]),
    ...(letters.length === 0
      ? []
      : [
          '',
          ...columns(
            ['DEAD LETTERS', 'CODE', 'OLDEST'],
            letters.map(({ code, letters: number, oldestAt }) => [String(number), code, oldestAt ?? '-']),
          ),
        ]),
  ];
}
