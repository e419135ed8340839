import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ask } from './questions.ts';

async function asked(typed: string | null) {
  const input = new PassThrough();
  const output = new PassThrough();
  let interrupted = 0;
  const answer = ask({ input, output, terminal: true }, 'sure?', () => (interrupted += 1));
  if (typed === null) input.end();
  else input.write(typed);
  const given = await answer;
  output.end();
  return { given, interrupted, said: await text(output) };
}

describe('a question', () => {
  it('is answered by a line', async () => {
    expect(await asked('yes\n')).toMatchObject({ given: 'yes', interrupted: 0 });
  });

  it('is stopped by Ctrl+C, with a line: it ended as a fault of the command, with 70', async () => {
    const { given, interrupted, said } = await asked('\u0003');
    expect({ given, interrupted }).toEqual({ given: '', interrupted: 1 });
    expect(said).toContain('Stopped at the question: this was not done.\n');
  });

  it.each([['\u0004'], [null]])(
    'is answered by nothing at the end of the input (%j): Ctrl+D ended as a fault of the command, too',
    async (typed) => {
      expect(await asked(typed)).toMatchObject({ given: '', interrupted: 0 });
    },
  );
});
