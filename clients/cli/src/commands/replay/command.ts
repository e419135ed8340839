import type { Command } from 'commander';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import {
  EXIT,
  nothingToReplay,
  OperatorError,
  OperatorInstant,
  placeOf,
  planReplay,
  recordFailure,
  runReplay,
  selectsAnything,
  selectStreams,
  subjectOfReplay,
  UnfinishedError,
  UnknownSubjectError,
  type BrokerConnection,
  type Planned,
  type Reached,
  type Selection,
} from '@stepcast/operations';
import { columns, count } from '../../report/lines.ts';
import { auditOf, ChangeOptions } from '../changes.ts';
import {
  operatorAction,
  optionsOf,
  withExamples,
  type Answer,
  type CommandContext,
  type Running,
} from '../run.ts';
import { createProgressBar } from './progress-bar.ts';
import { checkFree, readProgress, startOf, writeProgress, type ReplayProgress } from './progress-file.ts';

const Options = z.object({
  from: OperatorInstant.optional(),
  to: OperatorInstant.optional(),
  all: z.boolean().default(false),
  allEpochs: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  rate: z.coerce.number('is no number').min(0.1, 'is at least 0.1').max(1_000, 'is at most 1000').default(50),
  resume: z.string().min(1, 'says nothing').optional(),
  progressFile: z.string().min(1, 'says nothing').optional(),
  reason: ChangeOptions.shape.reason,
});
type Options = z.infer<typeof Options>;

/** How often the progress is written while messages go out, in milliseconds. What a kill loses is published twice, never left out. */
const SAVE_MS = 250;

/** `stepcast replay`: publishes what the journal has once more. */
export function addReplay(program: Command, context: CommandContext): void {
  const command = program
    .command('replay')
    .description(
      'publish the entries of the journal again, with their offsets, marked as replay; clients drop what they have',
    )
    .argument('[what]', 'identity ID, execution ARN, s3://bucket/key, upload ID, or the beginning of one')
    .option('--from <time>', 'only entries with events from this time on, for example 2026-11-03T10:15:00Z')
    .option('--to <time>', 'only entries with events up to this time (default: now)')
    .option('--all', 'everybody, where nothing and no time is named')
    .option('--all-epochs', 'older versions of the objects too')
    .option('--dry-run', 'show what would go out, and publish nothing')
    .option('--rate <number>', 'messages per second (default 50)')
    .option('--progress-file <file>', 'where the progress is stored (default: stepcast-replay-….json here)')
    .option('--resume <file>', 'go on where the replay of this progress file stopped')
    .option('--reason <text>', 'for the audit');
  operatorAction(command, context, async (running, [what], given) => {
    const options = optionsOf(Options, given);
    const { operator } = running;
    const before = options.resume === undefined ? undefined : await readProgress(options.resume);
    const named = before?.selection ?? selectionOf(what, options, operator.clock.nowMs());
    if (before !== undefined) checkResumed(before, what, operator.place, options);
    if (options.dryRun) return dryRun(running, named, before?.reached ?? null);
    const planned = await selectStreams(operator.table, named);
    return replay(running, planned, { ...named, what: planned.what }, options, before);
  });
  withExamples(command, [
    ['stepcast replay us-east-1:1f0e2d3c-… --dry-run', 'what would go out to one identity'],
    ['stepcast replay s3://uploads/users/us-east-1:…/photo.png', 'one upload'],
    [
      'stepcast replay --from 2026-11-03T10:00:00Z --to 2026-11-03T11:00:00Z --rate 20',
      'an hour of everybody',
    ],
    ['stepcast replay --resume stepcast-replay-0a1b2c3d.json', 'after an interruption'],
  ]);
}

function selectionOf(what: string | undefined, options: Options, nowMs: number): Selection {
  const { from = null, to = new Date(nowMs).toISOString(), all, allEpochs } = options;
  if (what === undefined && from === null && options.to === undefined && !all)
    throw new UsageError('name what to replay, or a time with --from and --to, or everybody with --all');
  if (what !== undefined && all)
    throw new UsageError('name what to replay, or everybody with --all; not both');
  if (from !== null && from > to) throw new UsageError(`--from ${from} is after --to ${to}`);
  return { what: what ?? null, from, to, allEpochs };
}

function checkResumed(
  before: ReplayProgress,
  what: string | undefined,
  place: string,
  options: Options,
): void {
  if (
    what !== undefined ||
    options.from !== undefined ||
    options.to !== undefined ||
    options.all ||
    options.allEpochs
  )
    throw new UsageError('--resume goes on with what its file says; leave the rest out');
  if (before.place !== place)
    throw new UsageError(`--resume ${options.resume ?? ''} is about ${before.place}, not ${place}`);
  if (before.finished) throw new UsageError(`--resume ${options.resume ?? ''}: that replay came to its end`);
}

async function dryRun({ operator }: Running, named: Selection, reached: Reached | null): Promise<Answer> {
  const { what, messages, states, overviews, streams } = await planReplay(operator, named, reached);
  return {
    schema: 'stepcast.replay-plan/v1',
    json: { selection: { ...named, what }, messages, states, overviews, streams },
    lines: [
      ...columns(
        ['IDENTITY', 'UPLOAD', 'EPOCH', 'OFFSETS', 'MESSAGES', 'BYTES'],
        streams.map((one) => [
          one.identityId,
          one.uploadId,
          one.epoch,
          one.messages === 0 ? '-' : `${one.firstOffset}-${one.lastOffset}`,
          String(one.messages),
          String(one.bytes),
        ]),
      ),
      '',
      `${count(messages, 'message')}, ${count(states, 'retained state')} and ${count(overviews, 'overview')} would go out. Nothing was published (--dry-run).`,
    ],
  };
}

async function replay(
  running: Running,
  planned: Planned,
  selection: Selection,
  options: Options,
  before: ReplayProgress | undefined,
): Promise<Answer> {
  const { operator, context, note, json } = running;
  if (!(await selectsAnything(operator.table, planned, selection))) throw nothingToReplay(selection);
  const file =
    options.progressFile ?? options.resume ?? `stepcast-replay-${operator.newId().slice(0, 8)}.json`;
  const signal = context.interruption();
  const bar = createProgressBar(context.showsProgress && !json, context.columns, (text) => {
    context.err(text);
  });
  const audit = auditOf(running);
  let progress = {
    ...(before ?? startOf(operator.place, selection)),
    change: before?.change ?? audit.newChange(),
  };
  let savedMs = 0;
  let streamsDone = 0;
  const save = async () => {
    savedMs = operator.clock.nowMs();
    await writeProgress(file, progress);
  };
  const howFar = () => [
    `${count(progress.published, 'message')} published${progress.reached === null ? '' : `, the last at offset ${progress.reached.offset} of ${progress.reached.stream.split('#')[1] ?? ''}`}.`,
    `To go on: stepcast replay --resume ${file}`,
  ];
  const subject = subjectOfReplay(selection);
  const entry = { action: 'replay', subject, reason: options.reason ?? null, change: progress.change };

  let connection: BrokerConnection | undefined;
  let begun = false;
  try {
    if (options.progressFile !== undefined && options.progressFile !== options.resume)
      await checkFree(options.progressFile);
    connection = await operator.broker.connect();
    await save();
    await audit.record({ ...entry, outcome: before === undefined ? 'begun' : 'resumed', detail: file });
    begun = true;
    note([`replaying to ${operator.broker.address}; progress in ${file}`]);
    const report = await runReplay(operator, connection, {
      selection,
      planned,
      reached: progress.reached,
      rate: options.rate,
      signal,
      steps: {
        onStream(done, all) {
          streamsDone = done;
          bar.show(done, all, count(progress.published, 'message'));
        },
        async onPublished(stream, offset, share) {
          const published = progress.published + 1;
          progress = { ...progress, reached: { stream: placeOf(stream), offset }, published };
          bar.show(streamsDone + share, planned.streams.length, count(published, 'message'));
          if (operator.clock.nowMs() - savedMs >= SAVE_MS) await save();
        },
      },
    });
    bar.clear();
    if (signal.aborted) throw new UnfinishedError('interrupted', howFar());
    progress = { ...progress, finished: true };
    await audit.record({ ...entry, outcome: 'done', detail: count(progress.published, 'message') });
    return {
      schema: 'stepcast.replay/v1',
      json: { selection, ...report, published: progress.published, progressFile: file },
      lines: [
        `${count(report.messages, 'message')} published${before === undefined ? '' : ` (${progress.published} with those before)`}, ${count(report.states, 'retained state')} and ${count(report.overviews, 'overview')} restored.`,
      ],
      exitCode: EXIT.done,
    };
  } catch (thrown) {
    bar.clear();
    if (begun) await recordFailure(audit, { ...entry, detail: count(progress.published, 'message') }, thrown);
    if (
      thrown instanceof UnfinishedError ||
      thrown instanceof UnknownSubjectError ||
      !(thrown instanceof OperatorError)
    )
      throw thrown;
    if (progress.published === 0) {
      if (begun) note(howFar());
      throw thrown;
    }
    throw new UnfinishedError(asError(thrown).message, [...thrown.more, ...howFar()], { cause: thrown });
  } finally {
    await connection?.close();
    if (connection !== undefined) await save();
  }
}
