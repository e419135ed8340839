import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bundlerEnvironment } from './config.ts';

/**
 * Runs `bundle.ts` with these arguments to its end.
 * @throws Error when it fails; standard error says why
 */
export function runBundler(options: readonly string[]): void {
  const script = import.meta.filename.endsWith('.ts') ? 'bundle.ts' : 'bundle.js';
  execFileSync(process.execPath, [join(import.meta.dirname, script), ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: bundlerEnvironment(),
  });
}
