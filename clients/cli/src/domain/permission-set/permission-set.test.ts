import { synthesize, VARIANTS } from '@stepcast/cdk/testing';
import { compilePolicy, evaluate, type PolicyDocument } from '@stepcast/policies';
import { afterAll, describe, expect, it } from 'vitest';
import {
  INLINE_MAX_CHARACTERS,
  MANAGED_MAX_CHARACTERS,
  permissionSet,
  PURPOSES,
  type PermissionSetOptions,
  type Purpose,
} from './permission-set.ts';
import { UNSCOPED_ACTIONS } from './names.ts';
import { neededBy } from './needed-by-template.fixture.ts';
import { forbidden, required, type Call } from './required.fixture.ts';

const options = (purpose: Purpose, change: Partial<PermissionSetOptions> = {}): PermissionSetOptions => ({
  purpose,
  partition: 'aws',
  region: 'us-east-1',
  accountId: '111122223333',
  identityPoolId: undefined,
  bucket: undefined,
  stateMachineNames: [],
  stage: undefined,
  table: undefined,
  logGroupNames: [],
  prefix: 'stepcast',
  qualifier: 'hnb659fds',
  commands: [],
  topicNamespace: undefined,
  ...change,
});

function decide(document: PolicyDocument, call: Call) {
  return evaluate({ identity: [compilePolicy(document)] }, { context: {}, ...call });
}

const list = (value: string | readonly string[] | undefined) =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

const synthesized = synthesize({
  ...VARIANTS,
  dev: {
    ...VARIANTS.fullSmall,
    stage: 'dev',
    kvs: { channelPattern: 'session-*', speakerRoleName: 'stepcast-dev-speaker' },
  },
});
afterAll(() => {
  synthesized.remove();
});

/** CloudFormation's rights come in three documents, which together are what it may do. */
const EXECUTION: readonly Purpose[] = ['execution', 'execution-containers', 'execution-vpc'];
const jobs: readonly (readonly [string, readonly Purpose[], readonly Call[]])[] = [
  ['deploying', ['deploy'], required.deploy],
  ['operating', ['operate'], required.operate],
  [
    'CloudFormation with the app’s templates',
    EXECUTION,
    distinct(
      (['plain', 'fullSmall', 'full'] as const).flatMap((name) => neededBy(synthesized.template(name))),
    ),
  ],
];

/** The log groups of tasks that report, in the settings. */
const REPORTING = VARIANTS.fullSmall.reports.logGroupNames;

function distinct(needed: readonly Call[]): readonly Call[] {
  return [...new Map(needed.map((call) => [JSON.stringify(call), call])).values()];
}

function refusedBy(documents: readonly PolicyDocument[], needed: readonly Call[]): readonly string[] {
  const identity = documents.map((document) => compilePolicy(document));
  return needed.flatMap((call) => {
    const evaluation = evaluate({ identity }, { context: {}, ...call });
    return evaluation.allowed ? [] : [`${call.action} on ${call.resource}`];
  });
}

const documentOf = (purpose: Purpose) =>
  permissionSet(
    options(
      purpose,
      purpose.startsWith('execution')
        ? { stateMachineNames: ['PhotoPipeline'], logGroupNames: REPORTING }
        : {},
    ),
  ).document;

describe.each(jobs)('permission sets for %s', (_job, purposes, needed) => {
  const documents = purposes.map(documentOf);

  it('allow every call that is needed', () => {
    expect(refusedBy(documents, needed)).toEqual([]);
  });

  it('have no action that no call needs', () => {
    const actions = new Set(needed.map(({ action }) => action));
    const idle = documents
      .flatMap(({ Statement }) => Statement)
      .flatMap(({ Action }) => list(Action))
      .filter((action) => !actions.has(action));
    expect(idle).toEqual([]);
  });

  it('need each of their statements', () => {
    documents.forEach((document, index) => {
      for (const { Sid } of document.Statement) {
        const rest = documents.with(index, {
          ...document,
          Statement: document.Statement.filter((one) => one.Sid !== Sid),
        });
        expect({ Sid, lost: refusedBy(rest, needed).length > 0 }).toEqual({ Sid, lost: true });
      }
    });
  });
});

describe('a stage', () => {
  const ofStage = (stage: string) =>
    EXECUTION.map(
      (purpose) =>
        permissionSet(
          options(purpose, {
            stage,
            prefix: `stepcast-${stage}`,
            stateMachineNames: ['PhotoPipeline'],
            logGroupNames: REPORTING,
          }),
        ).document,
    );

  it('has rights for all of its own template', () => {
    expect(refusedBy(ofStage('dev'), distinct(neededBy(synthesized.template('dev'))))).toEqual([]);
  });

  it('has no right to anything of another stage, or of none, that has a name of its own', () => {
    const shared = new Set(
      distinct(neededBy(synthesized.template('dev'))).map((call) => JSON.stringify(call)),
    );
    for (const [stage, name] of [
      ['qa', 'dev'],
      ['dev', 'fullSmall'],
    ] as const) {
      const needed = distinct(neededBy(synthesized.template(name)));
      const named = needed.filter(({ resource }) => resource.includes('stepcast'));
      const foreign = name === 'dev' ? named : named.filter((call) => !shared.has(JSON.stringify(call)));
      expect(foreign.length).toBeGreaterThan(50);
      expect(refusedBy(ofStage(stage), foreign)).toHaveLength(foreign.length);
    }
  });
});

describe('CloudFormation beside what exists', () => {
  const needed = neededBy(synthesized.template('existing'));

  it('needs no document for a VPC, and may not touch roles and buckets that are not Stepcast’s', () => {
    const documents = (['execution', 'execution-containers'] as const).map(
      (purpose) => permissionSet(options(purpose, { stateMachineNames: ['PhotoPipeline'] })).document,
    );
    const refused = new Set(refusedBy(documents, needed).map((call) => call.split(' on ')[1]));
    expect([...refused].toSorted()).toEqual([
      'arn:aws:iam::111122223333:role/web-app-guest',
      'arn:aws:iam::111122223333:role/web-app-signed-in',
      'arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/resize:*',
      'arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/ours:*',
      'arn:aws:s3:::uploads-of-ours',
    ]);
  });

  it('may subscribe to log groups that are named, and do nothing else with them', () => {
    const logGroupNames = ['/aws/vendedlogs/states/ours', ...REPORTING];
    const { document } = permissionSet(options('execution', { logGroupNames }));
    expect(refusedBy([document], needed).filter((call) => call.includes('arn:aws:logs'))).toEqual([]);
    const [theirs] = REPORTING;
    const resource = `arn:aws:logs:us-east-1:111122223333:log-group:${theirs ?? ''}:*`;
    for (const action of ['DeleteLogGroup', 'PutRetentionPolicy', 'CreateLogGroup'])
      expect(decide(document, { action: `logs:${action}`, resource }).allowed).toBe(false);
  });

  it('may set the policy of a bucket that is named', () => {
    const { document } = permissionSet(options('execution', { bucket: 'uploads-of-ours' }));
    expect(refusedBy([document], needed).filter((call) => call.includes('arn:aws:s3:::uploads'))).toEqual([]);
  });
});

describe.each(PURPOSES)('permission set for %s', (purpose) => {
  const { document, size } = permissionSet(options(purpose));

  it('allows nothing that is forbidden', () => {
    expect(forbidden.filter((call) => decide(document, call).allowed)).toEqual([]);
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
    const limit = purpose.startsWith('execution') ? MANAGED_MAX_CHARACTERS : INLINE_MAX_CHARACTERS;
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
    if (!purpose.startsWith('execution')) expect(long.size).toBeLessThanOrEqual(limit);
  });

  it('says its size and what to do with it', () => {
    expect(permissionSet(options(purpose)).notes.join('\n')).toMatch(/^\d+ of \d+ characters\.\n[\s\S]*aws /);
  });

  it('tells the CDK what to bootstrap: without, it ends with "Specify an environment name"', () => {
    const commands = permissionSet(options(purpose)).notes.filter((note) => note.includes(' bootstrap --'));
    expect(commands).toEqual([]);
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
    expect(allowed('cognito-identity:GetIdentityPoolRoles', other)).toBe(false);
  });
});
