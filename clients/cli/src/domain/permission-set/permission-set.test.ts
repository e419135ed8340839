import { describe, expect, it } from '@jest/globals';
import { compilePolicy, describeEvaluation, evaluate, type PolicyDocument } from '@stepcast/policies';
import {
  INLINE_MAX_CHARACTERS,
  MANAGED_MAX_CHARACTERS,
  permissionSet,
  PURPOSES,
  type PermissionSetOptions,
  type Purpose,
} from './permission-set.ts';
import { UNSCOPED_ACTIONS } from './names.ts';
import { forbidden, required, type Call } from './required.fixture.ts';

const options = (purpose: Purpose, change: Partial<PermissionSetOptions> = {}): PermissionSetOptions => ({
  purpose,
  partition: 'aws',
  region: 'us-east-1',
  accountId: '111122223333',
  identityPoolId: undefined,
  bucket: undefined,
  stateMachineNames: [],
  prefix: 'stepcast',
  qualifier: 'hnb659fds',
  ...change,
});

function decide(document: PolicyDocument, call: Call) {
  return evaluate({ identity: [compilePolicy(document)] }, { context: {}, ...call });
}

const list = (value: string | readonly string[] | undefined) =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

describe.each(PURPOSES)('permission set for %s', (purpose) => {
  const { document, size } = permissionSet(options(purpose));

  it('allows every call that is needed', () => {
    const refused = required[purpose].flatMap((call) => {
      const evaluation = decide(document, call);
      return evaluation.allowed
        ? []
        : [`${call.action} on ${call.resource}: ${describeEvaluation(evaluation).join('; ')}`];
    });
    expect(refused).toEqual([]);
  });

  it('allows nothing that is forbidden', () => {
    expect(forbidden.filter((call) => decide(document, call).allowed)).toEqual([]);
  });

  it('has no action that no call needs', () => {
    const needed = new Set(required[purpose].map(({ action }) => action));
    const idle = document.Statement.flatMap(({ Action }) => list(Action)).filter(
      (action) => !needed.has(action),
    );
    expect(idle).toEqual([]);
  });

  it('needs each of its statements', () => {
    for (const { Sid } of document.Statement) {
      const rest: PolicyDocument = {
        ...document,
        Statement: document.Statement.filter((one) => one.Sid !== Sid),
      };
      const lost = required[purpose].filter((call) => !decide(rest, call).allowed);
      expect({ Sid, lost: lost.length > 0 }).toEqual({ Sid, lost: true });
    }
  });

  it('has no wildcard in any action, and "*" as a resource only where AWS knows no other', () => {
    for (const { Action, Resource, NotAction, NotResource, Effect } of document.Statement) {
      expect({ Effect, NotAction, NotResource }).toEqual({
        Effect: 'Allow',
        NotAction: undefined,
        NotResource: undefined,
      });
      for (const action of list(Action)) expect(action).toMatch(/^[a-z0-9-]+:[A-Za-z0-9]+$/);
      if (list(Resource).includes('*'))
        for (const action of list(Action)) expect(UNSCOPED_ACTIONS).toContain(action);
    }
  });

  it('fits, with the longest names too', () => {
    const limit = purpose === 'execution' ? MANAGED_MAX_CHARACTERS : INLINE_MAX_CHARACTERS;
    expect(size).toBeLessThanOrEqual(limit);
    expect(JSON.stringify(document, undefined, 2).length).toBeLessThanOrEqual(32_768);
    const long = permissionSet(
      options(purpose, {
        region: 'ap-southeast-2',
        identityPoolId: 'ap-southeast-2:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
        bucket: 'a-rather-long-bucket-name-for-the-uploads-of-everybody-12345678',
        stateMachineNames: ['A-rather-long-name-of-a-state-machine'],
      }),
    );
    if (purpose !== 'execution') expect(long.size).toBeLessThanOrEqual(limit);
  });

  it('says its size and what to do with it', () => {
    expect(permissionSet(options(purpose)).notes.join('\n')).toMatch(/^\d+ of \d+ characters\.\n[\s\S]*aws /);
  });
});

describe('scoping', () => {
  it('narrows to the pool, the bucket and the machines that are named', () => {
    const { document } = permissionSet(
      options('operate', {
        identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
        bucket: 'uploads-of-mine',
        stateMachineNames: ['PhotoPipeline'],
      }),
    );
    const allowed = (action: string, resource: string) => decide(document, { action, resource }).allowed;
    expect(allowed('s3:GetBucketCORS', 'arn:aws:s3:::uploads-of-mine')).toBe(true);
    expect(allowed('s3:GetBucketCORS', 'arn:aws:s3:::stepcast-uploads')).toBe(false);
    expect(
      allowed(
        'states:DescribeStateMachine',
        'arn:aws:states:us-east-1:111122223333:stateMachine:PhotoPipeline',
      ),
    ).toBe(true);
    expect(
      allowed('states:DescribeStateMachine', 'arn:aws:states:us-east-1:111122223333:stateMachine:stepcast-x'),
    ).toBe(false);
    const other =
      'arn:aws:cognito-identity:us-east-1:111122223333:identitypool/us-east-1:00000000-0000-4000-8000-000000000000';
    expect(allowed('cognito-identity:SetIdentityPoolRoles', other)).toBe(false);
  });
});
