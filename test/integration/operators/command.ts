import { runCli } from '@stepcast/cli';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the operators' command in this process, with nothing in its environment. */
export async function stepcast(...argv: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const code = await runCli(argv, {
    environment: {},
    nowMs: () => Date.now(),
    terminal: {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      style: { color: false, width: 100 },
      confirmation: undefined,
      readInput: () => Promise.resolve(''),
    },
  });
  return { code, out, err };
}
