import type { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import {
  heldByName,
  heldOf,
  helpForHeld,
  mendHeld,
  nameOfHeld,
  PARKED,
  parkedSummary,
  QUARANTINE,
  UnknownSubjectError,
  viewHeld,
  whyHeld,
  type Change,
  type HeldExecution,
  type HeldKind,
} from '@stepcast/operations';
import { columns, count, duration, pairs } from '../../report/lines.ts';
import { ChangeOptions, makeChanges, requireReason, withChangeOptions } from '../changes.ts';
import {
  operatorAction,
  optionsOf,
  withExamples,
  type Answer,
  type CommandContext,
  type Running,
} from '../run.ts';

const Options = ChangeOptions;
const WHICH = 'ARN of the execution, its name, or the beginning of one';
const WHICH_TO_DROP = 'ARN of the execution or its name, in full';

/** `stepcast parked`: records that wait for an owner, or for records before them. */
export function addParked(program: Command, context: CommandContext): void {
  const parked = program.command('parked').description('list, explain, retry and drop records that wait');
  withExamples(parked, [
    ['stepcast parked list', 'what waits'],
    ['stepcast parked explain up-5f1c0a9e', 'why, and what helps'],
    ['stepcast parked drop --all --reason "load test"', 'asks first'],
  ]);
  addList(parked, context, PARKED);
  addExplain(parked, context, PARKED);
  const retry = withChangeOptions(
    parked
      .command('retry')
      .alias('release')
      .description(
        'have the correlator check parked records again: the proofs of their owner, and what is missing before them',
      )
      .argument('[execution...]', WHICH)
      .option('--all', 'everything that is parked'),
    false,
  );
  operatorAction(retry, context, async (running, which, given) =>
    change(running, PARKED, 'retry', which, given),
  );
  withExamples(retry, [['stepcast parked retry up-5f1c0a9e --yes', 'the records of one execution']]);
  addDrop(parked, context, PARKED);
}

/** `stepcast quarantine`: executions whose proofs name different owners. */
export function addQuarantine(program: Command, context: CommandContext): void {
  const quarantine = program
    .command('quarantine')
    .description('list, explain, release and drop executions whose proofs name different owners');
  withExamples(quarantine, [
    ['stepcast quarantine list', 'whose proofs contradict one another'],
    ['stepcast quarantine explain up-5f1c0a9e', 'which proofs, and what helps'],
  ]);
  addList(quarantine, context, QUARANTINE);
  addExplain(quarantine, context, QUARANTINE);
  const release = withChangeOptions(
    quarantine
      .command('release')
      .alias('retry')
      .description(
        'end a quarantine: back to the owner whose stream it was in, else the proofs are weighed anew',
      )
      .argument('[execution...]', WHICH)
      .option('--all', 'everything that is quarantined'),
    true,
  );
  operatorAction(release, context, async (running, which, given) => {
    requireReason(optionsOf(Options, given));
    return change(running, QUARANTINE, 'release', which, given);
  });
  withExamples(release, [
    [
      'stepcast quarantine release up-5f1c0a9e --reason "the backend uploads on behalf of users"',
      'one execution',
    ],
  ]);
  addDrop(quarantine, context, QUARANTINE);
}

function addList(group: Command, context: CommandContext, kind: HeldKind): void {
  const command = group.command('list').description('list them, by a scan of the journal table');
  operatorAction(command, context, async ({ operator }) => {
    const all = await heldOf(operator, kind);
    const nowMs = operator.clock.nowMs();
    return {
      schema: `stepcast.${kind.name}/v1`,
      json: { executions: all.map(viewHeld) },
      lines:
        all.length === 0
          ? [kind.nothing]
          : columns(
              ['EXECUTION', 'RECORDS', 'AGE', 'WHY'],
              all.map((execution) => {
                const summary = parkedSummary(execution);
                const age =
                  summary?.since === undefined || summary.since === null
                    ? '-'
                    : duration(nowMs - Date.parse(summary.since));
                return [nameOfHeld(execution), String(summary?.records ?? 0), age, whyHeld(execution)];
              }),
            ),
    };
  });
  withExamples(command, [[`stepcast ${kind.name} list --json`, 'for programs']]);
}

function addExplain(group: Command, context: CommandContext, kind: HeldKind): void {
  const command = group
    .command('explain')
    .description('say what waits, why, and what helps')
    .argument('<execution>', WHICH);
  operatorAction(command, context, async ({ operator }, [text = '']) => {
    const found = heldByName(await heldOf(operator, kind), text, kind);
    return {
      schema: `stepcast.${kind.name}-explain/v1`,
      json: { executions: [{ ...viewHeld(found), help: helpForHeld(found) }] },
      lines: linesOf(found),
    };
  });
  withExamples(command, [[`stepcast ${kind.name} explain up-5f1c0a9e`, 'one execution']]);
}

function linesOf(execution: HeldExecution): readonly string[] {
  const summary = parkedSummary(execution);
  const shapes = [
    ...new Set(
      execution.parked.map(({ evidence }) => evidence?.shape).filter((shape) => shape !== undefined),
    ),
  ];
  return [
    nameOfHeld(execution),
    ...pairs(
      [
        ['owner', execution.owner?.kind ?? 'unknown'],
        [
          'parked',
          summary === null
            ? 'nothing'
            : `${count(summary.records, 'record')}, ${count(summary.statuses, 'status', 'statuses')}, since ${summary.since ?? 'unknown'}`,
        ],
        [
          'ids',
          summary?.firstId === undefined || summary.firstId === null
            ? undefined
            : `${summary.firstId} to ${summary.lastId ?? 0}`,
        ],
        ['input', shapes.length === 0 ? undefined : `seen as ${shapes.join(', ')}`],
        ['why', whyHeld(execution)],
        ['help', helpForHeld(execution)],
      ],
      '  ',
    ),
  ];
}

function addDrop(group: Command, context: CommandContext, kind: HeldKind): void {
  const command = withChangeOptions(
    group
      .command('drop')
      .description('delete parked records for good; the audit keeps why')
      .argument('[execution...]', WHICH_TO_DROP)
      .option('--all', 'all of them'),
    true,
  );
  operatorAction(command, context, async (running, which, given) => {
    requireReason(optionsOf(Options, given));
    return change(running, kind, 'drop', which, given);
  });
  withExamples(command, [
    [`stepcast ${kind.name} drop up-5f1c0a9e7b3d --reason "load test"`, 'one execution, by its whole name'],
  ]);
}

async function change(
  running: Running,
  kind: HeldKind,
  action: Parameters<typeof mendHeld>[2],
  which: readonly string[],
  given: unknown,
): Promise<Answer> {
  const options = optionsOf(Options.extend({ all: ChangeOptions.shape.yes }), given);
  if (which.length > 0 === options.all) throw new UsageError('name executions, or --all');
  const whole = action === 'drop';
  const all = await heldOf(running.operator, kind);
  const chosen =
    which.length === 0 ? all : [...new Set(which.map((text) => heldByName(all, text, kind, whole)))];
  if (chosen.length === 0) throw new UnknownSubjectError(kind.nothing);
  const changes = chosen.map((execution): Change => ({
    subject: nameOfHeld(execution),
    make: () => mendHeld(running.operator, kind, action, execution),
  }));
  return makeChanges(running, `${kind.name} ${action}`, changes, options);
}
