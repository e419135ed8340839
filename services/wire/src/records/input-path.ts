import * as z from 'zod';
import { jmespathProblem } from './jmespath.ts';

const Expression = z
  .string()
  .min(1)
  .max(200)
  .superRefine((expression, context) => {
    const problem = jmespathProblem(expression);
    if (problem !== undefined)
      context.addIssue({ code: 'custom', message: `${expression} is not JMESPath: ${problem}` });
  });

/**
 * Where the input of an execution names its object, for workflows whose input has a form of its own. Exactly one of `bucket` with
 * `key`, `uri` and `event`; each is JMESPath over the input.
 */
export const InputPath = z
  .strictObject({
    /** Finds the name of the bucket; `'my-bucket'` in single quotes is always that one. */
    bucket: Expression.optional(),
    /** Finds the key of the object. */
    key: Expression.optional(),
    /** Finds `s3://bucket/key`. */
    uri: Expression.optional(),
    /** Finds something that is known as a whole: an event of EventBridge, a record of a notification, `{ bucket, key }`. */
    event: Expression.optional(),
    /** Finds the object's version, beside `key` or `uri`. Without one, the newest that is known counts. */
    versionId: Expression.optional(),
    /** `url`: the key is encoded as in notifications of S3, with `%3A` for a colon and `+` for a space. Default `none`. */
    encoding: z.enum(['none', 'url']).optional(),
  })
  .superRefine(({ bucket, key, uri, event, versionId, encoding }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    if ((bucket === undefined) !== (key === undefined)) refuse('bucket and key go together');
    const forms = [bucket ?? key, uri, event].filter((form) => form !== undefined);
    if (forms.length !== 1) refuse('takes exactly one of bucket with key, uri, and event');
    else if (event !== undefined && (versionId ?? encoding) !== undefined)
      refuse('event goes without versionId and encoding: it says both itself');
  });
export type InputPath = z.infer<typeof InputPath>;

/** So many at most. */
export const InputPaths = z.array(InputPath).max(20);
