import type { Sample } from './build.ts';
import { choiceSamples } from './choices.ts';
import { dataSamples } from './data.ts';
import { endSamples } from './ends.ts';
import { jsonataSamples } from './jsonata.ts';
import { nestedSamples } from './nested.ts';
import { taskSamples } from './tasks.ts';

export type { Sample } from './build.ts';

/** Definitions over each state type, error path and nesting. Names are unique. */
export const corpus: readonly Sample[] = [
  ...dataSamples,
  ...choiceSamples,
  ...endSamples,
  ...taskSamples,
  ...nestedSamples,
  ...jsonataSamples,
];
