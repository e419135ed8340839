import { afterAll, describe, expect, it } from 'vitest';
import { synthesize, VARIANTS } from './testing/index.ts';

const synthesized = synthesize(VARIANTS, { checked: true });
afterAll(() => {
  synthesized.remove();
});

/** What cdk-nag's AWS Solutions rules find, where, and why it stays so. Everything else fails the test. */
const accepted: readonly (readonly [string, RegExp, string])[] = [
  [
    'AwsSolutions-IAM5',
    /\/(Identities|Forwarder|Containers|Provisioner|SignedProvisioner)\//,
    'the documents of @stepcast/policies, whose every wildcard is evaluated by tests; GetAuthorizationToken of ECR',
  ],
  ['AwsSolutions-ECS2', /\/Task\/Resource$/, 'variables hold names and addresses; there are no secrets'],
  [
    'AwsSolutions-ECS4',
    /^(plain|fullSmall|existing)\/.*\/Cluster\//,
    'each of its metrics is charged; a setting asks for it',
  ],
  ['AwsSolutions-SQS3', /\/Queues\/DeadLetters\//, 'the queue where our services put what they gave up'],
  ['AwsSolutions-APIG4', /GET--v1--guests/, 'what guests can do is public'],
  ['AwsSolutions-COG7', /^full(Small)?\//, 'guests are let in where the settings say so'],
  ['AwsSolutions-COG2', /\/People\//, 'a second factor is offered; the pool of a product decides for itself'],
  ['AwsSolutions-COG8', /\/People\//, 'the plan costs by the user; the pool of a product decides for itself'],
  ['AwsSolutions-S1', /\/Uploads\//, 'access logs need a bucket of the account’s own'],
  [
    'AwsSolutions-VPC7',
    /\/Network\//,
    'flow logs cost more than the traffic; with a VPC of one’s own they are there',
  ],
];

describe('checks of the templates', () => {
  it('find nothing, by CloudFormation’s schemas and by AWS Solutions, but what is accepted with a reason', () => {
    const surprising = synthesized
      .findings()
      .filter(
        ({ rule, path }) => !accepted.some(([name, where]) => rule.startsWith(name) && where.test(path)),
      );
    expect(surprising).toEqual([]);
  });

  it('would be missed if they did not run: everything accepted is found', () => {
    const idle = accepted.filter(
      ([name, where]) =>
        !synthesized.findings().some(({ rule, path }) => rule.startsWith(name) && where.test(path)),
    );
    expect(idle.map(([name]) => name)).toEqual([]);
  });
});
