import { describe, it } from 'vitest';
import { expectBroken } from '../../testing/expect-broken.ts';
import { found, notFound } from '../../testing/fixtures.ts';

const statusIs = (status: string) => ({ stack: found({ status, outputs: {} }) });

describe('operator.stack', () => {
  it('finds that there is no such stack, and lists those that there are', () => {
    expectBroken('operator.stack', {
      chain: { stack: notFound },
      says: /there is no stack stepcast in us-east-1/,
      repair: /aws cloudformation describe-stacks .*--region us-east-1/,
      mends: false,
    });
  });

  it.each(['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS'])(
    'finds a stack of which nothing is in use: %s',
    (status) => {
      expectBroken('operator.stack', {
        chain: statusIs(status),
        says: new RegExp(`stepcast is ${status}`),
        repair: /describe-stack-events --stack-name stepcast/,
        mends: false,
      });
    },
  );
});
