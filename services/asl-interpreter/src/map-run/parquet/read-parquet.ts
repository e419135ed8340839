import { Worker } from 'node:worker_threads';
import { isJsonArray, jsonOfText, type Json } from '../../json.ts';
import { checkFooter, ParquetProblem } from './decode.ts';
import type { Answer, Work } from './work.ts';

/** Longest that a file may take: pages that lie about their sizes can keep a reader busy without end. */
const defaultLimitMs = 20_000;
const maxHeapMb = 1024;

/**
 * The rows of a Parquet file as objects, at most `most`, read in a thread that is ended when it takes too long or too much memory.
 * @throws ParquetProblem for what is no Parquet, is broken, or is larger than AWS or this interpreter takes
 */
export async function readParquet(
  body: Buffer,
  most: number,
  limitMs = defaultLimitMs,
): Promise<readonly Json[]> {
  checkFooter(body);
  const answer = await inThread({ body, most }, limitMs);
  if ('problem' in answer) throw new ParquetProblem(answer.problem);
  const rows = jsonOfText(answer.rows);
  return rows !== undefined && isJsonArray(rows) ? rows : [];
}

async function inThread(work: Work, limitMs: number): Promise<Answer> {
  const isSource = import.meta.url.endsWith('.ts');
  const thread = new Worker(new URL(isSource ? 'worker.ts' : 'worker.js', import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    ...(isSource ? { execArgv: ['--disable-warning=ExperimentalWarning'] } : {}),
  });
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const timer = setTimeout(
    () => resolve({ problem: `it is broken: it was not read in ${limitMs / 1000} s` }),
    limitMs,
  );
  thread.once('message', resolve);
  thread.once('error', (error) => {
    resolve({ problem: `it is broken: ${error instanceof Error ? error.message : 'its reader failed'}` });
  });
  thread.once('exit', () => resolve({ problem: 'it is broken: its reader ended' }));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
