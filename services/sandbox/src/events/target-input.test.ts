import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { objectCreatedEvent } from './event-bridge.ts';
import { inputBy, TargetInputError } from './target-input.ts';

const key = 'users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/uploads/scan 01.png';
const eventOf = (ofKey: string, versionId?: string) =>
  objectCreatedEvent(
    { id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718', accountId: '111122223333', region: 'us-east-1' },
    {
      bucket: 'uploads',
      key: ofKey,
      size: 7,
      etag: 'e',
      versionId,
      sequencer: '0069088CF1A7C3B2D4',
      requestId: 'r',
      sourceIp: '127.0.0.1',
      reason: 'PutObject',
      atMs: Date.parse('2026-11-03T10:15:29.000Z'),
    },
  );
const made = (target: object, event = eventOf(key, 'v1')): unknown =>
  JSON.parse(inputBy(JSON.stringify(target), 'target.json')(event));

describe('what a rule gives to its target', () => {
  it('is what a transformer makes of the event: texts get quotes, numbers do not', () => {
    const transformer = {
      InputPathsMap: {
        bucket: '$.detail.bucket.name',
        key: '$.detail.object.key',
        size: '$.detail.object.size',
        first: '$.resources[0]',
      },
      InputTemplate:
        '{"document": {"input_bucket": <bucket>, "input_key": <key>, "uri": "s3://<bucket>/<key>", "size": <size>}, "of": <first>}',
    };
    const expected = {
      document: { input_bucket: 'uploads', input_key: key, uri: `s3://uploads/${key}`, size: 7 },
      of: 'arn:aws:s3:::uploads',
    };
    expect(made(transformer)).toEqual(expected);
    // As it stands in a template of CloudFormation, and in what list-targets-by-rule prints.
    expect(made({ InputTransformer: transformer })).toEqual(expected);
  });

  it('knows the variables that EventBridge has by itself', () => {
    const { detail, ...rest } = eventOf(key, 'v1');
    expect(
      made({
        InputTemplate:
          '{"rule": <aws.events.rule-name>, "arn": "<aws.events.rule-arn>", "at": <aws.events.event.ingestion-time>, "event": <aws.events.event>, "whole": <aws.events.event.json>}',
      }),
    ).toEqual({
      rule: 'stepcast-observed',
      arn: 'arn:aws:events:us-east-1:111122223333:rule/stepcast-observed',
      at: '2026-11-03T10:15:29Z',
      event: rest,
      whole: { ...rest, detail },
    });
  });

  it('is a part of the event, or the same for each', () => {
    expect(made({ InputPath: '$.detail.object.key' })).toBe(key);
    expect(made({ InputPath: '$' })).toEqual(JSON.parse(JSON.stringify(eventOf(key, 'v1'))));
    expect(made({ Input: '{"always": 1}' })).toEqual({ always: 1 });
  });

  it('leaves out what a path does not find, as EventBridge does, and says so where no JSON is left', () => {
    const target = (template: string) => ({
      InputPathsMap: { version: '$.detail.object.version-id' },
      InputTemplate: template,
    });
    expect(made(target('{"version": "<version>"}'), eventOf(key))).toEqual({ version: '' });
    expect(() => made(target('{"version": <version>}'), eventOf(key))).toThrow(
      /target\.json: what it makes of an event is no JSON/,
    );
    expect(() => made({ InputPath: '$.detail.reasons' })).toThrow(/the event has no \$\.detail\.reasons/);
  });

  it('escapes no text within a text, as EventBridge does not, and any text that stands alone', () => {
    const within = { InputPathsMap: { key: '$.detail.object.key' }, InputTemplate: '{"key": "<key>"}' };
    const alone = { ...within, InputTemplate: '{"key": <key>}' };
    expect(() => made(within, eventOf('a"b'))).toThrow(TargetInputError);
    const inputOf = inputBy(JSON.stringify(alone), 'target.json');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        expect(JSON.parse(inputOf(eventOf(any)))).toEqual({ key: any });
      }),
    );
  });

  it.each([
    ['no JSON', '{', /target\.json is no InputTransformer/],
    ['nothing that a target has', '{"Template": "<a>"}', /Unrecognized key: "Template"/],
    ['nothing at all', '{}', /name one of InputTransformer, InputPath and Input$/],
    [
      'two at once',
      '{"InputPath": "$", "Input": "{}"}',
      /name one of InputTransformer, InputPath and Input, not more/,
    ],
    ['a path that filters', '{"InputPath": "$.detail[?(@.a)]"}', /\$\.InputPath: not a path such as/],
    [
      'a path without its root',
      '{"InputPathsMap": {"key": "detail.key"}, "InputTemplate": "<key>"}',
      /\$\.InputTransformer\.InputPathsMap\.key: not a path such as \$\.detail\.object\.key/,
    ],
    [
      'a template that is no text',
      '{"InputTemplate": {"a": "<a>"}}',
      /\$\.InputTransformer\.InputTemplate: .*expected string/,
    ],
    [
      'a variable that has only the name of something every object has',
      '{"InputTemplate": "<constructor>"}',
      /InputPathsMap has no constructor, which the template names/,
    ],
    [
      'a variable without a path',
      '{"InputTemplate": "<key>"}',
      /InputPathsMap has no key, which the template names/,
    ],
  ])('refuses %s before anything starts', (_what, text, message) => {
    expect(() => inputBy(text, 'target.json')).toThrow(TargetInputError);
    expect(() => inputBy(text, 'target.json')).toThrow(message);
  });
});
