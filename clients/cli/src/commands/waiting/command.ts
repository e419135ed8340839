import type { Command } from 'commander';
import type { ExecutionArn } from '@stepcast/contracts';
import { UsageError } from '../../errors.ts';
import type { Operator } from '../../operator/connect.ts';
import { UnknownSubjectError } from '../../operator/errors.ts';
import { heldExecutions, type HeldExecution } from '../../operator/reading/held-executions.ts';
import { parkedSummary } from '../../operator/reading/waiting.ts';
import { columns, count, duration, pairs } from '../../report/lines.ts';
import { ChangeOptions, makeChanges, requireReason, withChangeOptions, type Change } from '../changes.ts';
import {
  operatorAction,
  optionsOf,
  withExamples,
  type Answer,
  type CommandContext,
  type Running,
} from '../run.ts';
import { releaseQuarantine } from './release-quarantine.ts';
import { dropParked, resendParked } from './resend-parked.ts';

const Options = ChangeOptions;
const WHICH = 'ARN of the execution, its name, or the beginning of one';

interface Kind {
  readonly name: 'parked' | 'quarantine';
  readonly nothing: string;
  readonly holds: (execution: HeldExecution) => boolean;
}

const PARKED: Kind = {
  name: 'parked',
  nothing: 'nothing is parked',
  holds: ({ owner, parked }) => parked.length > 0 && owner?.kind !== 'quarantined',
};
const QUARANTINE: Kind = {
  name: 'quarantine',
  nothing: 'nothing is quarantined',
  holds: ({ owner }) => owner?.kind === 'quarantined',
};

/** `stepcast parked`: records that wait for an owner, or for records before them. */
export function addParked(program: Command, context: CommandContext): void {
  const parked = program
    .command('parked')
    .description('list, explain, look at again and drop records that wait');
  addList(parked, context, PARKED);
  addExplain(parked, context, PARKED);
  const retry = withChangeOptions(
    parked
      .command('retry')
      .alias('release')
      .description(
        'have the correlator look at parked records again: the proofs of their owner, and what is missing before them',
      )
      .argument('[execution...]', WHICH)
      .option('--all', 'everything that is parked'),
    false,
  );
  operatorAction(retry, context, async (running, which, given) =>
    change(running, PARKED, 'parked retry', which, given, ({ operator }, execution) =>
      resendParked(operator, arnOf(execution), execution.parked),
    ),
  );
  withExamples(retry, [['stepcast parked retry up-5f1c0a9e --yes', 'the records of one execution']]);
  addDrop(parked, context, PARKED);
}

/** `stepcast quarantine`: executions whose proofs name different owners. */
export function addQuarantine(program: Command, context: CommandContext): void {
  const quarantine = program
    .command('quarantine')
    .description('list, explain, release and drop executions whose proofs name different owners');
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
    return change(running, QUARANTINE, 'quarantine release', which, given, ({ operator }, execution) =>
      releaseQuarantine(operator, arnOf(execution)),
    );
  });
  withExamples(release, [
    [
      'stepcast quarantine release up-5f1c0a9e --reason "the backend uploads on behalf of users"',
      'one execution',
    ],
  ]);
  addDrop(quarantine, context, QUARANTINE);
}

function arnOf({ executionArn, digest }: HeldExecution): ExecutionArn {
  if (executionArn !== undefined) return executionArn;
  throw new UnknownSubjectError(
    `only the digest ${digest} of this execution is known, for an older version wrote it; name it by its whole ARN`,
  );
}

const nameOf = ({ executionArn, digest }: HeldExecution) => executionArn ?? `execution#${digest}`;

async function held(operator: Operator, kind: Kind): Promise<readonly HeldExecution[]> {
  return (await heldExecutions(operator.table)).filter(kind.holds);
}

function matching(all: readonly HeldExecution[], text: string, kind: Kind): readonly HeldExecution[] {
  const found = all.filter((execution) => {
    const name = nameOf(execution);
    return name.startsWith(text) || name.slice(name.lastIndexOf(':') + 1).startsWith(text);
  });
  if (found.length === 0) throw new UnknownSubjectError(`${kind.nothing} that begins with "${text}"`);
  return found;
}

function addList(group: Command, context: CommandContext, kind: Kind): void {
  const command = group.command('list').description('list them, by a scan of the journal table');
  operatorAction(command, context, async ({ operator }) => {
    const all = await held(operator, kind);
    const nowMs = operator.clock.nowMs();
    return {
      schema: `stepcast.${kind.name}/v1`,
      json: { executions: all.map(jsonOf) },
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
                return [nameOf(execution), String(summary?.records ?? 0), age, whyOf(execution)];
              }),
            ),
    };
  });
  withExamples(command, [[`stepcast ${kind.name} list --json`, 'for programs']]);
}

function whyOf(execution: HeldExecution): string {
  const { owner } = execution;
  return owner?.kind === 'quarantined' ? owner.reason : (parkedSummary(execution)?.why ?? '-');
}

function jsonOf(execution: HeldExecution) {
  const { executionArn = null, digest, owner } = execution;
  return {
    executionArn,
    digest,
    owner: owner?.kind ?? 'unknown',
    parked: parkedSummary(execution),
    why: whyOf(execution),
  };
}

function addExplain(group: Command, context: CommandContext, kind: Kind): void {
  const command = group
    .command('explain')
    .description('say what waits, why, and what helps')
    .argument('<execution>', WHICH);
  operatorAction(command, context, async ({ operator }, [text = '']) => {
    const found = matching(await held(operator, kind), text, kind);
    return {
      schema: `stepcast.${kind.name}-explain/v1`,
      json: { executions: found.map((one) => ({ ...jsonOf(one), help: helpOf(one) })) },
      lines: found.flatMap((execution) => linesOf(execution)),
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
    nameOf(execution),
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
        ['why', whyOf(execution)],
        ['help', helpOf(execution)],
      ],
      '  ',
    ),
  ];
}

function helpOf({ owner, parked }: HeldExecution): string {
  if (owner?.kind === 'quarantined')
    return 'find out who uploaded (runbook, CORRELATOR_OWNER_CONFLICT); then "stepcast quarantine release" or "drop", with a reason';
  if (owner?.kind === 'owned')
    return 'wait ten seconds; if it stays, "stepcast parked retry", or "stepcast backfill" from the history';
  return parked.some(({ inputSeen }) => inputSeen)
    ? 'did an upload start it? If not, it is given up after 15 minutes; "stepcast parked drop" does it now'
    : 'turn on includeExecutionData ("stepcast doctor --only workflow"), then "stepcast parked retry"';
}

function addDrop(group: Command, context: CommandContext, kind: Kind): void {
  const command = withChangeOptions(
    group
      .command('drop')
      .description('delete parked records for good; the audit keeps why')
      .argument('[execution...]', WHICH)
      .option('--all', 'all of them'),
    true,
  );
  operatorAction(command, context, async (running, which, given) => {
    requireReason(optionsOf(Options, given));
    return change(running, kind, `${kind.name} drop`, which, given, ({ operator }, { digest, parked }) =>
      dropParked(operator, digest, parked),
    );
  });
  withExamples(command, [[`stepcast ${kind.name} drop up-5f1c0a9e --reason "load test"`, 'one execution']]);
}

async function change(
  running: Running,
  kind: Kind,
  action: string,
  which: readonly string[],
  given: unknown,
  make: (running: Running, execution: HeldExecution) => Promise<string | undefined>,
): Promise<Answer> {
  const options = optionsOf(Options.extend({ all: ChangeOptions.shape.yes }), given);
  if (which.length === 0 && !options.all) throw new UsageError('name executions, or --all');
  const all = await held(running.operator, kind);
  const chosen = which.length === 0 ? all : [...new Set(which.flatMap((text) => matching(all, text, kind)))];
  if (chosen.length === 0) throw new UnknownSubjectError(kind.nothing);
  const changes = chosen.map((execution): Change => ({
    subject: nameOf(execution),
    make: () => make(running, execution),
  }));
  return makeChanges(running, action, changes, options);
}
