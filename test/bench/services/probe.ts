import * as z from 'zod';
import { answer } from '../child.ts';
import { usageNow } from './usage.ts';

/**
 * Loaded into a service before its own `main.ts`, so that the bench can ask the process what it has used. Nothing else
 * of the service is changed: what is measured is what is deployed.
 */
const Question = z.object({ clear: z.boolean() });

answer((asked) => {
  if (Question.parse(asked).clear) globalThis.gc?.();
  return Promise.resolve(usageNow());
});
