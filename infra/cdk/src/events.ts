import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { type KeyTemplate } from '@stepcast/contracts';
import { type DeploymentNames } from '@stepcast/wire';
import { Construct } from 'constructs';
import { callerPattern } from './caller-pattern.ts';
import { PLAIN_NAMES } from './names.ts';
import { type Queues } from './queues.ts';
import { statusPattern } from './status-pattern.ts';
import { loggingOf, type Workflow } from './workflow.ts';

export interface EventRulesProps {
  /** Default: those of a deployment without a stage. */
  readonly names?: DeploymentNames;
  readonly bucket: s3.IBucket;
  readonly keys: KeyTemplate;
  readonly workflows: readonly Workflow[];
  readonly startMode: 'managed' | 'observed';
  readonly identityPoolId: string;
  readonly queues: Queues;
  /** Whether CloudTrail's records of writes are taken as proofs of who uploaded. Default false. */
  readonly cloudTrailProof?: boolean;
}

/** EventBridge rules: uploads, ends of executions, and, where there is a queue for them, first logins. */
export class EventRules extends Construct {
  constructor(scope: Construct, id: string, props: EventRulesProps) {
    super(scope, id);
    const { bucket, keys, workflows, startMode, identityPoolId, queues, names = PLAIN_NAMES } = props;
    const undelivered = queues.undelivered;
    const [beforeIdentity = ''] = keys.template.split('{');
    new events.Rule(this, 'Uploads', {
      ruleName: names.rules.uploads,
      description: 'Stepcast: uploads to the uploads queue',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [bucket.bucketName] },
          ...(beforeIdentity === '' ? {} : { object: { key: [{ prefix: beforeIdentity }] } }),
        },
      },
      targets: [new SqsQueue(queues.uploads, { deadLetterQueue: undelivered })],
    });
    new events.Rule(this, 'Status', {
      ruleName: names.rules.status,
      description: 'Stepcast: status changes of executions to the status queue',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: statusPattern(
          startMode,
          workflows.map((workflow) => ({
            stateMachineArn: workflow.stateMachine.stateMachineArn,
            logging: loggingOf(workflow),
          })),
        ),
      },
      targets: [new SqsQueue(queues.status, { deadLetterQueue: undelivered })],
    });
    if (props.cloudTrailProof === true)
      new events.Rule(this, 'Callers', {
        ruleName: names.rules.callers,
        description: 'Stepcast: who uploaded, as CloudTrail records it, to the uploads queue',
        eventPattern: callerPattern(bucket.bucketName, beforeIdentity),
        targets: [new SqsQueue(queues.uploads, { deadLetterQueue: undelivered })],
      });
    if (queues.firstLogins === undefined) return;
    new events.Rule(this, 'FirstLogins', {
      ruleName: names.rules.firstLogins,
      description: 'Stepcast: first logins, as CloudTrail records them, to their queue',
      eventPattern: {
        source: ['aws.cognito-identity'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['cognito-identity.amazonaws.com'],
          eventName: ['GetId', 'GetCredentialsForIdentity'],
          // GetCredentialsForIdentity names the pool among the resources only.
          $or: [
            { requestParameters: { identityPoolId: [identityPoolId] } },
            { resources: { ARN: [{ suffix: `:identitypool/${identityPoolId}` }] } },
          ],
        },
      },
      targets: [new SqsQueue(queues.firstLogins, { deadLetterQueue: undelivered })],
    });
  }
}
