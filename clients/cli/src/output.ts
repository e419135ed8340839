import type { Writable } from 'node:stream';
import { asError } from '@stepcast/kit';
import { EXIT } from '@stepcast/operations';

/**
 * What becomes of a command whose output is not taken. A reader who has closed it (`stepcast … | head`) has read enough: that ends
 * the command well. Anything else, a full disk for example, is said and ends it with a code of its own. Nobody who closed standard
 * error stops a change half-way: the audit has what became of it.
 */
export function watchOutput(stdout: Writable, stderr: Writable, exit: (code: number) => void): void {
  stderr.on('error', () => undefined);
  stdout.on('error', (thrown) => {
    if ('code' in thrown && thrown.code === 'EPIPE') {
      exit(EXIT.done);
      return;
    }
    stderr.write(`stepcast: standard output cannot be written: ${asError(thrown).message}\n`);
    exit(EXIT.output);
  });
}
