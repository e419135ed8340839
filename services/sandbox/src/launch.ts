import { spawnSync } from 'node:child_process';
import { processEnvironment, readSandboxConfig } from './config.ts';

/** `npm start`: builds the pages first where pages are served; `--check` and `--help` serve none. */
const argv = process.argv.slice(2);
if (!argv.includes('--check') && !argv.includes('--help') && isUsable()) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build:pages'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import('./main.ts');

/** What cannot start is not built for: `main.ts` says why, at once. */
function isUsable(): boolean {
  try {
    readSandboxConfig(processEnvironment, argv);
    return true;
  } catch {
    return false;
  }
}
