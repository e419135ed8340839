import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { summariseError } from './summarise-error.ts';

describe('summariseError', () => {
  it.each([
    ['nothing', undefined, undefined, undefined],
    ['empty texts', '', '  \n ', undefined],
    ['a name alone', 'States.Timeout', undefined, { name: 'States.Timeout' }],
    ['a cause alone', undefined, 'it broke', { name: 'Unknown', message: 'it broke' }],
    [
      'a Lambda error',
      undefined,
      '{"errorMessage":"bad image","errorType":"ValueError","stackTrace":["secret"]}',
      { name: 'ValueError', message: 'bad image' },
    ],
    ['other JSON, which is data', 'E', '{"customer":"secret"}', { name: 'E' }],
    ['cut JSON', 'E', '{"customer":"sec', { name: 'E' }],
    ['several lines', 'E', '\n\n first line\nsecond line', { name: 'E', message: 'first line' }],
    [
      'an ARN',
      'E',
      'no access to arn:aws:s3:::bucket/key today',
      { name: 'E', message: 'no access to [arn] today' },
    ],
    [
      'URLs',
      'E',
      'GET https://user:password@example.org/x?X-Amz-Signature=abc failed',
      { name: 'E', message: 'GET [url] failed' },
    ],
    ['an access key', 'E', 'key ASIAEXAMPLEACCESSKEY expired', { name: 'E', message: 'key [key] expired' }],
    [
      'a token',
      'E',
      'token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln refused',
      { name: 'E', message: 'token [token] refused' },
    ],
    [
      'a flattened stack',
      'E',
      'boom    at handler (/var/task/index.js:3:9) at x (y)',
      { name: 'E', message: 'boom' },
    ],
    ['control characters', 'E', 'a\u0000b\u001b[31mc\u202ed', { name: 'E', message: 'a b [31mc d' }],
  ])('reduces %s', (_name, error, cause, expected) => {
    expect(summariseError(error, cause)).toEqual(expected);
  });

  it('is at most 256 characters in each part, one line, and well formed, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string({ unit: 'binary', maxLength: 600 }), { nil: undefined }),
        fc.option(fc.string({ unit: 'binary', maxLength: 6_000 }), { nil: undefined }),
        (error, cause) => {
          const { name = '', message = '' } = summariseError(error, cause) ?? {};
          for (const text of [name, message]) {
            expect(text.length).toBeLessThanOrEqual(256);
            expect(text).not.toMatch(/\p{Cc}/u);
            expect(text.isWellFormed()).toBe(true);
          }
        },
      ),
    );
  });

  it('takes out a stack trace that follows an "at" which is none, and nothing before it', () => {
    expect(summariseError('E', 'stuck at the door, then at f (a.js:1:2)')).toEqual({
      name: 'E',
      message: 'stuck at the door, then',
    });
    expect(summariseError('E', 'boom Traceback (most recent call last): x at f (y)')).toEqual({
      name: 'E',
      message: 'boom',
    });
  });

  it('takes linear time for parts of stack traces, which took quadratic time', () => {
    const hostile = [`\t${'at  ( \t'.repeat(10_000)}`, ' at a'.repeat(10_000), `x${' '.repeat(60_000)}`];
    const before = process.threadCpuUsage();
    for (let round = 0; round < 50; round += 1) for (const cause of hostile) summariseError('E', cause);
    expect(process.threadCpuUsage(before).user).toBeLessThan(4_000_000);
  });

  it('takes no longer for a hostile text than for another', () => {
    const hostile = [
      ' at '.repeat(100_000),
      'eyJ'.repeat(100_000),
      'a://'.repeat(100_000),
      '('.repeat(400_000),
    ];
    const before = process.threadCpuUsage();
    for (const cause of hostile) summariseError('E', cause);
    expect(process.threadCpuUsage(before).user).toBeLessThan(4_000_000);
  });
});
