import { join } from 'node:path';
import { startChildProcess, type RunningChild } from '@stepcast/kit/testing/child-process';
import { freePort } from '../support/free-port.ts';
import { changesBetween, type DeployedService, type Variables } from './environments.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface ServiceProcess {
  readonly name: string;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** In what its environment differs from the deployed one. */
  readonly changes: readonly string[];
  readonly child: RunningChild;
}

/** Starts the service of a container on its deployed environment. @param changed variables that differ, and why is for the caller to say */
export async function startService(
  { name, environment }: DeployedService,
  changed: Variables,
): Promise<ServiceProcess> {
  const port = await freePort();
  // The image says where it listens; AWS sets the region as well as the template does.
  const used: Variables = { ...environment, ...changed, HOST: '127.0.0.1', PORT: String(port) };
  const child = startChildProcess(
    process.execPath,
    [
      '--conditions=stepcast-source',
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'services', name, 'src', 'main.ts'),
    ],
    { cwd: ROOT, env: { PATH: process.env['PATH'], ...used }, graceMs: 25_000 },
  );
  try {
    await child.waitForOutput(/"msg":"\w+ (ready|started)"/, { timeoutMs: 90_000 });
  } catch (thrown) {
    await child.end();
    throw thrown;
  }
  return { name, url: `http://127.0.0.1:${port}`, changes: changesBetween(environment, used), child };
}
