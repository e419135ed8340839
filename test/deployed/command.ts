import { join } from 'node:path';
import { startChildProcess } from '@stepcast/kit/testing/child-process';
import { REGION, type Place } from './place.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface CommandOutcome {
  readonly stdout: string;
  /** Both streams. */
  readonly output: string;
  readonly code: number | null;
}

/**
 * Runs `stepcast` as an operator does, in a process of its own, against the emulator.
 * @param limitMs after which it is ended
 */
export async function stepcast(
  { endpoint, keys }: Place,
  words: readonly string[],
  limitMs: number,
): Promise<CommandOutcome> {
  const child = startChildProcess(
    process.execPath,
    [
      '--conditions=stepcast-source',
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'clients', 'cli', 'src', 'main.ts'),
      ...words,
      ...['--region', REGION],
    ],
    {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        HOME: join(ROOT, 'test', 'output'),
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
    },
  );
  const limit = setTimeout(() => void child.end(), limitMs);
  const { code } = await child.exited;
  clearTimeout(limit);
  return { stdout: child.stdout(), output: child.output(), code };
}
