import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { DataInvalidError, EXIT, findOneUpload, findUploads } from '@stepcast/operations';
import { count } from '../../report/lines.ts';
import { operatorAction, optionsOf, withExamples, type CommandContext } from '../run.ts';
import { exportJournal } from './export-journal.ts';
import { checkedItems, importItems, type Imported } from './import-journal.ts';
import { renderStream, showJournal } from './show-journal.ts';

const WHAT = 'identity ID, execution ARN, s3://bucket/key, upload ID, or the beginning of one';

/** `stepcast journal`: shows, exports and imports streams. */
export function addJournal(program: Command, context: CommandContext): void {
  const journal = program.command('journal').description('show, export and import what the journal has');
  withExamples(journal, [
    ['stepcast journal show mfzwizdmnnsg', 'the events of an upload'],
    ['stepcast journal export us-east-1:1f0e2d3c-… --output alice.ndjson', 'all uploads of an identity'],
    ['stepcast journal import alice.ndjson --dry-run', 'whether the file is whole'],
  ]);
  addShow(journal, context);
  addExport(journal, context);
  addImport(journal, context);
}

const Offset = z.coerce.number('is no number').int('is no whole number').min(1, 'begins at 1');
const ShowOptions = z.object({
  epoch: z.string().min(1, 'says nothing').optional(),
  from: Offset.default(1),
  to: Offset.default(Number.MAX_SAFE_INTEGER),
});

function addShow(journal: Command, context: CommandContext): void {
  const command = journal
    .command('show')
    .description('show the events of one upload, in order of offset')
    .argument('<what>', WHAT)
    .option('--epoch <epoch>', 'version of the object (default: the newest)')
    .option('--from <offset>', 'first offset (default 1)')
    .option('--to <offset>', 'last offset (default: the newest)');
  operatorAction(command, context, async ({ operator }, [what = ''], given) => {
    const options = optionsOf(ShowOptions, given);
    if (options.from > options.to)
      throw new UsageError(`--from ${options.from} is behind --to ${options.to}`);
    const shown = await showJournal(operator.table, await findOneUpload(operator.table, what), {
      epoch: options.epoch,
      from: options.from,
      to: options.to,
    });
    return { schema: 'stepcast.journal-show/v1', json: shown, lines: renderStream(shown) };
  });
  withExamples(command, [
    ['stepcast journal show s3://uploads/users/us-east-1:…/photo.png', 'all events of the newest version'],
    ['stepcast journal show mfzwizdmnnsg --from 4 --to 9 --json', 'six events, for programs'],
  ]);
}

function addExport(journal: Command, context: CommandContext): void {
  const command = journal
    .command('export')
    .description('write all that the journal has of an upload or an identity, as NDJSON')
    .argument('<what>', WHAT)
    .option('--output <file>', 'file to write; it must not exist (default: standard output)');
  operatorAction(command, context, async ({ operator, note, json }, [what = ''], given) => {
    const { output } = optionsOf(z.object({ output: z.string().min(1, 'says nothing').optional() }), given);
    const { name, uploads } = await findUploads(operator.table, what);
    const lines = exportJournal(operator.table, name, uploads, operator.clock.nowMs());
    let written = 0;
    if (output === undefined) {
      for await (const line of lines) context.out(line);
      return undefined;
    }
    const file = await open(output, 'wx').catch((thrown: unknown) => {
      throw new UsageError(`--output ${output} cannot be written: ${asError(thrown).message}`, {
        cause: thrown,
      });
    });
    try {
      for await (const line of lines) {
        await file.write(line);
        written += 1;
      }
    } finally {
      await file.close();
    }
    const items = written - 2;
    if (!json) note([`${count(items, 'item')} of ${count(uploads.length, 'upload')} written to ${output}`]);
    return json
      ? {
          schema: 'stepcast.journal-export/v1',
          json: { of: name, uploads: uploads.length, items, output },
          lines: [],
        }
      : undefined;
  });
  withExamples(command, [
    ['stepcast journal export us-east-1:1f0e2d3c-… --output alice.ndjson', 'all uploads of an identity'],
    ['stepcast journal export mfzwizdmnnsg | jq .', 'one upload, on standard output'],
  ]);
}

const ImportOptions = z.object({
  retentionDays: z.coerce
    .number('is no number')
    .int('is no whole number')
    .min(1, 'is at least 1')
    .default(30),
  dryRun: z.boolean().default(false),
});

function addImport(journal: Command, context: CommandContext): void {
  const command = journal
    .command('import')
    .description('write an export into the journal; what is there already is left as it is')
    .argument('<file>', 'an export; "-" is standard input')
    .option('--retention-days <days>', 'items live at least so long (default 30)')
    .option('--dry-run', 'check every line and write nothing');
  operatorAction(command, context, async ({ operator }, [file = ''], given) => {
    const { retentionDays, dryRun } = optionsOf(ImportOptions, given);
    const nowMs = operator.clock.nowMs();
    const pieces = () => (file === '-' ? context.readInput() : piecesOf(file));
    const nothingDone = () => [
      'Nothing was imported.',
      'Mend the file or export it again, then run the same command.',
    ];
    let checked = 0;
    // A file is read twice, so that one that is broken at its end changes nothing.
    if (dryRun || file !== '-')
      for await (const { line } of checkedItems(pieces(), nothingDone)) checked = line;
    if (dryRun)
      return {
        schema: 'stepcast.journal-import/v1',
        json: { file, dryRun: true, lines: checked + 1 },
        lines: [
          `${file} is whole: ${count(Math.max(0, checked - 1), 'item')}. Nothing was imported (--dry-run).`,
        ],
      };
    const soFar = () => [
      'What stands before this line is imported.',
      'Run the same command with a whole file to go on: what is there already is left as it is.',
    ];
    const done = await importItems(operator.table, checkedItems(pieces(), soFar), {
      nowMs,
      retentionMs: retentionDays * 86_400_000,
    });
    return {
      schema: 'stepcast.journal-import/v1',
      json: { file, dryRun: false, ...done },
      lines: linesOfImport(done),
      exitCode: done.leftOut === 0 ? EXIT.done : EXIT.warnings,
    };
  });
  withExamples(command, [
    ['stepcast journal import alice.ndjson', 'may be repeated: it changes nothing that is there'],
    ['stepcast journal import alice.ndjson --dry-run', 'checks the file'],
    ['gunzip -c alice.ndjson.gz | stepcast journal import -', 'from standard input'],
  ]);
}

function linesOfImport({ written, same, leftOut, differences }: Imported): readonly string[] {
  const counted = `${count(written, 'item')} written, ${same} were there already`;
  if (leftOut === 0) return [`${counted}.`];
  return [
    `${counted}, ${leftOut} left out.`,
    ...differences.map(
      ({ line, pk, sk }) =>
        `  line ${line}: ${pk} ${sk} is in the table with something else; it stays as it is`,
    ),
    'A stream that was built anew (backfill, another import) has other entries with the same events; nothing of it was mixed.',
  ];
}

async function* piecesOf(file: string): AsyncGenerator<string> {
  try {
    for await (const piece of createReadStream(file, { encoding: 'utf8' })) yield String(piece);
  } catch (thrown) {
    throw new DataInvalidError(`${file} cannot be read: ${asError(thrown).message}`, [], { cause: thrown });
  }
}
