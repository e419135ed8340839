import { readFile, rename, writeFile } from 'node:fs/promises';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import { DataInvalidError } from '@stepcast/operations';
import { UsageError } from '../../errors.ts';

/** How far a replay came, in a file, so that it can go on after Ctrl+C, a crash or a lost connection. */
const ReplayProgress = z.object({
  schema: z.literal('stepcast.replay-progress/v1'),
  place: z.string(),
  selection: z.object({
    what: z.string().nullable(),
    from: z.string().nullable(),
    to: z.string(),
    allEpochs: z.boolean(),
  }),
  /** The stream that was being replayed, and the offset up to which it is. Streams before it are done. */
  reached: z.object({ stream: z.string(), offset: z.number() }).nullable(),
  published: z.number(),
  finished: z.boolean(),
  /** ID of the change in the audit, so that a resumption is known as one. Files of older versions have none. */
  change: z.string().optional(),
});
export type ReplayProgress = z.infer<typeof ReplayProgress>;

/** Of a replay that has published nothing yet. */
export function startOf(place: string, selection: ReplayProgress['selection']): ReplayProgress {
  return {
    schema: 'stepcast.replay-progress/v1',
    place,
    selection,
    reached: null,
    published: 0,
    finished: false,
  };
}

/** @throws DataInvalidError */
export async function readProgress(path: string): Promise<ReplayProgress> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    throw new DataInvalidError(`--resume ${path} cannot be read: ${asError(thrown).message}`, [], {
      cause: thrown,
    });
  }
  const parsed = parseJson(ReplayProgress, text);
  if (parsed.ok) return parsed.value;
  throw new DataInvalidError(
    `--resume ${path} is no progress of a replay: ${describeIssues(parsed.issues)}`,
    ['Begin again without --resume: clients drop what they have.'],
  );
}

/**
 * That a new replay may write its progress there: nothing is there yet, or the progress of a replay that came to its end.
 * @throws UsageError where something is that would be lost; DataInvalidError where that cannot be read
 */
export async function checkFree(path: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return;
    throw new DataInvalidError(`--progress-file ${path} cannot be written: ${asError(thrown).message}`, [], {
      cause: thrown,
    });
  }
  const parsed = parseJson(ReplayProgress, text);
  if (!parsed.ok)
    throw new UsageError(
      `--progress-file ${path} is there already and is no progress of a replay; name another`,
    );
  if (!parsed.value.finished)
    throw new UsageError(
      `--progress-file ${path} has a replay that did not come to its end: go on with --resume ${path}, or name another`,
    );
}

/** Replaces the file as a whole, so that a kill leaves the old or the new one. @throws DataInvalidError */
export async function writeProgress(path: string, progress: ReplayProgress): Promise<void> {
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(progress, undefined, 2)}\n`);
    await rename(`${path}.new`, path);
  } catch (thrown) {
    throw new DataInvalidError(`${path} cannot be written: ${asError(thrown).message}`, [], {
      cause: thrown,
    });
  }
}
