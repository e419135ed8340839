import { describe, expect, it } from 'vitest';
import { adviceParts } from './advice.ts';

describe('the advice of an upload that waits', () => {
  it('has commands as they are typed beside the sandbox', () => {
    const advice = 'An operator can find out why: run "stepcast lookup s3://b/k", then "stepcast doctor".';
    const command = (words: string) => ({
      text: `npm run --silent stepcast -- ${words} --endpoint http://127.0.0.1:4200`,
      isCommand: true,
    });
    expect(adviceParts(advice, 'http://127.0.0.1:4200')).toEqual([
      { text: 'An operator can find out why: run ', isCommand: false },
      command('lookup s3://b/k'),
      { text: 'then ', isCommand: false },
      command('doctor'),
    ]);
    expect(adviceParts('', 'http://127.0.0.1:4200')).toEqual([]);
  });
});
