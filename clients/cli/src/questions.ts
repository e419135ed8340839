import { createInterface, type ReadLineOptions } from 'node:readline/promises';

/**
 * What is typed at a question; nothing at the end of the input (Ctrl+D).
 * @param onInterrupt Ctrl+C: what was asked about is not done. Without it `readline` rejects, as if the command had a fault
 */
export async function ask(
  streams: Pick<ReadLineOptions, 'input' | 'terminal'> & { readonly output: NodeJS.WritableStream },
  question: string,
  onInterrupt: () => void,
): Promise<string> {
  const terminal = createInterface(streams);
  const ended = new Promise<string>((resolve) => {
    terminal.once('close', () => {
      resolve('');
    });
  });
  terminal.once('SIGINT', () => {
    streams.output.write('\nStopped at the question: this was not done.\n');
    onInterrupt();
    terminal.close();
  });
  try {
    return await Promise.race([terminal.question(question), ended]);
  } finally {
    terminal.close();
  }
}
