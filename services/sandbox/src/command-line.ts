import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { asError, packageVersion } from '@stepcast/kit';
import { processEnvironment, readCheckCommand, readSandboxConfig, type SandboxConfig } from './config.ts';
import { asksForVersion, USAGE } from './options.ts';

/**
 * `npm start`: builds the pages, then starts the sandbox. What needs no pages is answered without the build and within a second:
 * `--help`, `--version`, `--check`, and everything that will keep the sandbox from starting.
 */
const argv = process.argv.slice(2);

function readCommandLine(): SandboxConfig | 'help' | 'version' | 'check' {
  try {
    if (asksForVersion(argv)) return 'version';
    return readCheckCommand(processEnvironment, argv) === undefined
      ? readSandboxConfig(processEnvironment, argv)
      : 'check';
  } catch (thrown) {
    process.stderr.write(`\nThe sandbox did not start: ${asError(thrown).message}\n`);
    process.exit(1);
  }
}

/** Whether every file is there and the port is free. Otherwise `main.ts` says what is wrong; a build would only delay that. */
async function canStart(config: SandboxConfig): Promise<boolean> {
  const { workflow, mocks, standIns, recordings, host, port } = config;
  const files = [
    workflow?.definition.path,
    workflow?.handlersPath,
    mocks?.replace(/#[^#]*$/, ''),
    standIns,
    ...recordings,
  ];
  if (files.some((file) => file !== undefined && !existsSync(file))) return false;
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, host, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}

/** The scripts of npm are there, wherever this was called from. */
const ROOT = join(import.meta.dirname, '../../..');

function buildPages(): void {
  const { status, error } = spawnSync('npm', ['run', '--silent', 'build:pages'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status === 0) return;
  const why = error === undefined ? `"npm run build:pages" in ${ROOT} failed` : error.message;
  process.stderr.write(`\nThe sandbox did not start: its pages could not be built (${why}).\n`);
  process.exit(1);
}

const config = readCommandLine();
if (config === 'help') {
  // `… --help | head` closes the pipe before all is written.
  process.stdout.on('error', () => process.exit(0));
  process.stdout.write(`${USAGE}\n`);
} else if (config === 'version') {
  process.stdout.write(`${packageVersion(import.meta.url)}\n`);
} else {
  if (config !== 'check' && (await canStart(config))) buildPages();
  await import('./main.ts');
}
