import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startChildProcess, type ChildExit, type RunningChild } from '@stepcast/kit/testing/child-process';
import { freePort } from '../../support/free-port.ts';
import { untilNothingMissing } from './wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const CLOCK_SHIFT = pathToFileURL(join(import.meta.dirname, 'clock-shift.ts')).href;
/** Of one process, from its start to its end; a log that is longer is reported, never silently cut. */
export const LOG_LIMIT = 4 * 1024 * 1024;
const READY_MS = 60_000;
/** Sources are compiled once, not at each of hundreds of starts. */
const COMPILE_CACHE = join(tmpdir(), 'stepcast-chaos-compile-cache');

/** One service as a process of its own. */
export interface ServiceProcess {
  readonly name: string;
  readonly port: number;
  readonly child: RunningChild;
  /** Whether it was this harness that ended it. */
  readonly wanted: boolean;
  /** Resolves when it answers requests. @throws NotInTimeError; resolves with false when it ended before */
  ready(): Promise<boolean>;
  metrics(): Promise<string | undefined>;
  /** SIGKILL. */
  kill(): Promise<ChildExit>;
  /** SIGTERM, and SIGKILL when the time for draining is over. */
  stop(): Promise<ChildExit>;
}

/** Fills the cache of compiled sources. A process without a configuration ends right after it has loaded them all. */
export async function compileService(service: string): Promise<void> {
  const { exited } = startChildProcess(process.execPath, nodeArguments(service), {
    cwd: ROOT,
    env: { PATH: '', NODE_COMPILE_CACHE: COMPILE_CACHE },
    output: 'ignore',
  });
  await exited;
}

function nodeArguments(service: string): readonly string[] {
  return [
    '--conditions=stepcast-source',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'services', service, 'src', 'main.ts'),
  ];
}

/**
 * @param name for reports, such as `correlator 2`
 * @param clockShiftMs by how much its wall clock is wrong
 */
export async function startServiceProcess(options: {
  readonly service: string;
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly clockShiftMs: number;
}): Promise<ServiceProcess> {
  const { service, name, environment, clockShiftMs } = options;
  const port = await freePort();
  const child = startChildProcess(
    process.execPath,
    [...(clockShiftMs === 0 ? [] : ['--import', CLOCK_SHIFT]), ...nodeArguments(service)],
    {
      cwd: ROOT,
      env: {
        ...environment,
        PORT: String(port),
        CHAOS_CLOCK_SHIFT_MS: String(clockShiftMs),
        NODE_COMPILE_CACHE: COMPILE_CACHE,
      },
      outputLimit: LOG_LIMIT,
      graceMs: 30_000,
    },
  );
  let wanted = false;

  async function get(path: string): Promise<string | undefined> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(5_000),
      });
      return await response.text();
    } catch {
      // It is starting, ending or gone; the caller checks the process.
      return undefined;
    }
  }

  return {
    name,
    port,
    child,
    get wanted() {
      return wanted;
    },
    async ready() {
      let answered = false;
      await untilNothingMissing(
        `${name} after its start`,
        async () => {
          if (child.exit() !== undefined) return undefined;
          answered = (await get('/healthz')) !== undefined;
          return answered ? undefined : `an answer to /healthz; it wrote: ${child.output().slice(-2_000)}`;
        },
        READY_MS,
      );
      return answered;
    },
    metrics: () => get('/metrics'),
    kill() {
      wanted = true;
      return child.kill();
    },
    stop() {
      wanted = true;
      return child.end();
    },
  };
}
