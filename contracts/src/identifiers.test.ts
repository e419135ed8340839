import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  ExecutionArn,
  executionArnParts,
  IdentityId,
  isExecutionArn,
  keyTemplate,
  KeyTemplateError,
  Offset,
  offsetOf,
} from './index.ts';

const identity = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';

describe('an identity ID', () => {
  it.each([identity, 'us-gov-west-1:00000000-0000-c390-2042-000000000000'])('is accepted: %s', (text) => {
    expect(IdentityId.safeParse(text).success).toBe(true);
  });

  it.each([
    '',
    '1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
    `${identity}/`,
    `${identity}\n`,
    identity.toUpperCase(),
    'us-east-1:+',
    'us-east-1:#',
  ])('is refused: %j', (text) => {
    expect(IdentityId.safeParse(text).success).toBe(false);
  });
});

describe('an execution ARN', () => {
  it('is one by hand exactly when it is one by the schema', () => {
    const part = fc.constantFrom(
      'arn:aws:states:us-east-1:',
      '111122223333',
      ':execution:',
      ':express:',
      'P',
      ':',
      'up-1',
      'x'.repeat(430),
    );
    const text = fc
      .array(fc.oneof({ weight: 8, arbitrary: part }, fc.string()))
      .map((parts) => parts.join(''));
    const whole = fc.string().map((name) => `arn:aws:states:us-east-1:111122223333:execution:P:${name}`);
    fc.assert(
      fc.property(fc.oneof(text, whole, fc.jsonValue()), (value) => {
        expect(isExecutionArn(value)).toBe(ExecutionArn.safeParse(value).success);
      }),
    );
  });

  it('says what it is made of', () => {
    const standard = executionArnParts(
      ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline:up-5f1c'),
    );
    expect(standard).toMatchObject({
      kind: 'standard',
      stateMachineName: 'ProgressPipeline',
      mapRunLabel: undefined,
      executionName: 'up-5f1c',
    });
    expect(standard.stateMachineArn).toBe(
      'arn:aws:states:us-east-1:111122223333:stateMachine:ProgressPipeline',
    );
    const express = executionArnParts(
      ExecutionArn.parse(
        'arn:aws:states:us-east-1:111122223333:express:ProgressPipeline:run:6a7e8feb-b491-4cf7-a9f1-bf3703467718',
      ),
    );
    expect(express).toMatchObject({ kind: 'express', executionName: 'run' });
    const child = executionArnParts(
      ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:ProgressPipeline/Pages:child'),
    );
    expect(child).toMatchObject({ stateMachineName: 'ProgressPipeline', mapRunLabel: 'Pages' });
  });

  it.each(['arn:aws:states:us-east-1:111122223333:stateMachine:P', 'arn:aws:s3:::bucket', 'x'])(
    'is refused: %s',
    (text) => {
      expect(ExecutionArn.safeParse(text).success).toBe(false);
    },
  );
});

describe('a key template', () => {
  const template = keyTemplate('users/{identityId}/…');

  it('finds the identity that a key belongs to', () => {
    expect(template.ownerOf(`users/${identity}/scan 01.png`)).toEqual({
      kind: 'identity',
      identityId: identity,
    });
    expect(template.prefixOf(IdentityId.parse(identity))).toBe(`users/${identity}/`);
  });

  it('knows a user-pool sub that stands where the identity ID belongs', () => {
    expect(template.ownerOf('users/34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e/a.png')).toEqual({
      kind: 'userPoolSub',
      found: '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e',
    });
  });

  it.each([
    ['other/us-east-1/x', 'none'],
    [`users/${identity}`, 'none'],
    ['users/us-east-1%3A1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/x', 'malformed'],
    ['users//x', 'malformed'],
  ])('finds no owner in %j', (key, kind) => {
    expect(template.ownerOf(key).kind).toBe(kind);
  });

  it.each([
    'users/',
    'users/{identityId}',
    '{identityId}/{identityId}/',
    'users{identityId}/',
    'x/{identityId}y/',
  ])('is refused: %j', (text) => {
    expect(() => keyTemplate(text)).toThrow(KeyTemplateError);
  });
});

describe('an offset', () => {
  it('is what the schema takes, and else an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2 ** 53 - 1, 2 ** 53)),
        (value) => {
          const parsed = Offset.safeParse(value);
          if (parsed.success) expect(offsetOf(value)).toBe(parsed.data);
          else expect(() => offsetOf(value)).toThrow(RangeError);
        },
      ),
    );
  });
});
