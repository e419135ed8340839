import { chains, lines } from './canonical.ts';
import type { Sample } from './corpus/index.ts';
import { differences } from './differences.ts';
import { ours, type Interpreter } from './interpreters.ts';

export interface Compared {
  readonly sample: Sample;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
  readonly isEqual: boolean;
  /** What decides between the two, where they are known to differ. */
  readonly decision: string | undefined;
  /** Equal and not listed, or listed and different: a difference that is gone has to leave the list. */
  readonly isAsListed: boolean;
}

/** Runs a sample on both and compares event types, ids, previous ids and details. */
export async function compare(sample: Sample, other: Interpreter): Promise<Compared> {
  const written = sample.concurrent === true ? chains : lines;
  const [mine, their] = await Promise.all([ours(sample), other(sample)]);
  const [one, two] = [written(mine), written(their)];
  const isEqual = one.length === two.length && one.every((line, index) => line === two[index]);
  const decision = differences[sample.name];
  return {
    sample,
    ours: one,
    theirs: two,
    isEqual,
    decision,
    // Side by side in threads, moto may come to the same by chance.
    isAsListed: isEqual ? decision === undefined || sample.concurrent === true : decision !== undefined,
  };
}

/** Compares all, so many at once. */
export async function compareAll(
  samples: readonly Sample[],
  other: Interpreter,
  atOnce: number,
): Promise<readonly Compared[]> {
  const waiting = [...samples];
  const compared: Compared[] = [];
  const lane = async (): Promise<void> => {
    for (let sample = waiting.shift(); sample !== undefined; sample = waiting.shift())
      compared.push(await compare(sample, other));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return compared.toSorted((one, two) => samples.indexOf(one.sample) - samples.indexOf(two.sample));
}

/** The lines in which two histories differ. */
export function differenceOf({ sample, ours: one, theirs: two }: Compared): string {
  const shown: string[] = [];
  for (let index = 0; index < Math.max(one.length, two.length); index += 1)
    if (one[index] !== two[index])
      shown.push(`  ours   ${one[index] ?? '-'}`, `  theirs ${two[index] ?? '-'}`);
  return [sample.name, ...shown].join('\n');
}
