import { type Setup } from './setup.ts';

/** One argument of a POSIX shell, quoted where that is needed. */
export function quote(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}

/** A command line of the given words, each quoted where that is needed. */
export function command(...words: readonly string[]): string {
  return words.map(quote).join(' ');
}

/** A call of the AWS CLI for this region and profile. */
export function aws(setup: Pick<Setup, 'region' | 'profile'>, ...words: readonly string[]): string {
  return command(
    'aws',
    ...words,
    '--region',
    setup.region,
    ...(setup.profile === undefined ? [] : ['--profile', setup.profile]),
  );
}
