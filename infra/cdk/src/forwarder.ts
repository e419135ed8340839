import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import { ENV } from '@stepcast/wire';
import { Construct } from 'constructs';
import { type Documents } from './documents.ts';
import { lambdaCode } from './lambda-code.ts';
import { type Queues } from './queues.ts';
import { reviewedRole } from './roles.ts';
import { type Workflow } from './workflow.ts';

export interface ForwarderProps {
  readonly documents: Documents;
  readonly queues: Queues;
  readonly workflows: readonly Workflow[];
  /** Further variables of the service. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: bundled from this repository. */
  readonly code?: lambda.Code;
}

/**
 * The forwarder, subscribed to all of each workflow's log group: a filter that leaves records out breaks the chain by
 * which steps are named.
 *
 * When it fails, CloudWatch Logs delivers again for up to 24 hours. Whether it invokes functions asynchronously is not
 * documented; if so, Lambda tries three times and hands the payload to the queue of the undelivered.
 */
export class Forwarder extends Construct {
  readonly function: lambda.Function;
  readonly functionName: string;

  constructor(scope: Construct, id: string, props: ForwarderProps) {
    super(scope, id);
    const { documents, queues, workflows } = props;
    const functionName = documents.names.named('forwarder');
    this.functionName = functionName;
    this.function = new lambda.Function(this, 'Function', {
      functionName,
      description: 'Stepcast: log events of Step Functions to the events queue',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code ?? lambdaCode('forwarder'),
      role: reviewedRole(this, 'Role', documents.built.services.forwarder, documents),
      // The largest payload that it takes, 16 MiB unzipped, needs 250 MB in all.
      memorySize: 384,
      timeout: Duration.seconds(60),
      deadLetterQueue: queues.undelivered,
      logGroup: new logs.LogGroup(this, 'Logs', {
        // The role may not make it.
        logGroupName: `/aws/lambda/${functionName}`,
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      // Warnings and failures of the platform; durations are in the metrics. START, END and REPORT of each payload cost more than
      // the invocation.
      loggingFormat: lambda.LoggingFormat.JSON,
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      // The service has a level of its own.
      applicationLogLevelV2: lambda.ApplicationLogLevel.TRACE,
      environment: {
        ...props.environment,
        [ENV.eventsQueueUrl]: queues.events.queueUrl,
        [ENV.deadLetterQueueUrl]: queues.deadLetters.queueUrl,
      },
    });
    workflows.forEach(({ logGroup }, index) => {
      new logs.SubscriptionFilter(this, `Subscription${index === 0 ? '' : index + 1}`, {
        logGroup,
        filterName: functionName,
        filterPattern: logs.FilterPattern.allEvents(),
        destination: new LambdaDestination(this.function),
      });
    });
  }
}
