import { spawnSync } from 'node:child_process';

/** `npm start`: builds the pages first where pages are served; `--check` and `--help` serve none. */
const argv = process.argv.slice(2);
if (!argv.includes('--check') && !argv.includes('--help')) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build:pages'], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
await import('./main.ts');
