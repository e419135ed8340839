import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@stepcast/contracts';
import { parseUploadMessage } from '@stepcast/correlator/testing';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { synthesize, VARIANTS } from './testing/index.ts';

const synthesized = synthesize(VARIANTS);
afterAll(() => {
  synthesized.remove();
});

const Pattern = z.object({
  source: z.array(z.string()),
  'detail-type': z.array(z.string()),
  detail: z.object({
    eventSource: z.array(z.string()),
    eventName: z.array(z.string()),
    errorCode: z.tuple([z.object({ exists: z.literal(false) })]),
    requestParameters: z.object({
      bucketName: z.array(z.string()),
      key: z.tuple([z.object({ prefix: z.string() })]),
    }),
  }),
});
const Target = z.object({ Arn: z.string(), DeadLetterConfig: z.object({ Arn: z.string() }) });
const Rule = z.object({ EventPattern: Pattern, Targets: z.tuple([Target]) });

const ruleOf = (name: 'full' | 'fullSmall') =>
  Rule.parse(synthesized.template(name).one('AWS::Events::Rule', { Name: 'stepcast-callers' }));

/** A record of CloudTrail as AWS documents it, of another call. */
function recordOf(change: Readonly<Record<string, unknown>>): string {
  const path = join(import.meta.dirname, '../../../test/fixtures/events/s3-cloudtrail-put-object.json');
  const parsed = parseJson(z.looseObject({}), readFileSync(path, 'utf8'));
  if (!parsed.ok) throw new TypeError('the fixture does not read');
  return JSON.stringify({
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.s3',
    detail: { ...parsed.value, ...change },
  });
}
const kindsOf = (body: string) =>
  parseUploadMessage(body).map((parsed) => (parsed.ok ? parsed.value.kind : 'unreadable'));

describe('CloudTrail’s proof of who uploaded', () => {
  it('is taken only where the settings ask for it', () => {
    const names = synthesized
      .template('plain')
      .of('AWS::Events::Rule')
      .map(({ properties }) => properties['Name']);
    expect(names).not.toContain('stepcast-callers');
  });

  it.each(['full', 'fullSmall'] as const)(
    'comes to the uploads queue, of the upload prefix alone (%s)',
    (name) => {
      const { EventPattern: pattern, Targets } = ruleOf(name);
      expect(pattern.detail.requestParameters).toEqual({
        bucketName: ['stepcast-uploads-111122223333-us-east-1'],
        key: [{ prefix: 'private/' }],
      });
      const [{ Arn, DeadLetterConfig }] = Targets;
      expect(Arn).toMatch(/:stepcast-uploads$/);
      expect(DeadLetterConfig.Arn).toMatch(/:stepcast-undelivered$/);
    },
  );

  it('comes for the calls that the correlator takes for writes, and for no others', () => {
    const { eventName } = ruleOf('full').EventPattern.detail;
    for (const name of eventName) expect(kindsOf(recordOf({ eventName: name }))).toEqual(['caller']);
    for (const name of ['GetObject', 'DeleteObject', 'HeadObject', 'UploadPart', 'CreateMultipartUpload']) {
      expect(eventName).not.toContain(name);
      expect(kindsOf(recordOf({ eventName: name }))).toEqual(['ignored']);
    }
  });

  it('is none where S3 refused the call, even if it came in', () => {
    expect(kindsOf(recordOf({ errorCode: 'AccessDenied' }))).toEqual(['ignored']);
  });
});
