import { describe, expect, it } from 'vitest';
import { FULL_LOGGING } from '@stepcast/wire';
import { statusPattern } from './status-pattern.ts';

const ENDS = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];
const arnOf = (name: string) => `arn:aws:states:us-east-1:111122223333:stateMachine:${name}`;

describe('the pattern of status events', () => {
  it('is one where all state machines log the same', () => {
    const sources = ['a', 'b'].map((name) => ({ stateMachineArn: arnOf(name), logging: FULL_LOGGING }));
    expect(statusPattern('observed', sources)).toEqual({
      stateMachineArn: [arnOf('a'), arnOf('b')],
      status: ENDS,
    });
  });

  it('asks for starts of those state machines only that do not log them', () => {
    const sources = [
      { stateMachineArn: arnOf('a'), logging: FULL_LOGGING },
      { stateMachineArn: arnOf('b'), logging: { level: 'ERROR', executionData: true } as const },
      { stateMachineArn: arnOf('c'), logging: FULL_LOGGING },
    ];
    expect(statusPattern('observed', sources)).toEqual({
      $or: [
        { stateMachineArn: [arnOf('a'), arnOf('c')], status: ENDS },
        { stateMachineArn: [arnOf('b')], status: ['RUNNING', ...ENDS] },
      ],
    });
  });
});
