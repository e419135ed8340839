import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { type Construct } from 'constructs';
import { StepcastProgress, workflowLogGroup, workflowLogs } from '../index.ts';

/** A stack of somebody's own, with the state machine in it: the README shows what is in its constructor. */
export class LeastOwnStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const logGroup = workflowLogGroup(this, 'WorkflowLogs', 'ours');
    const stateMachine = new sfn.StateMachine(this, 'Workflow', {
      definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Succeed(this, 'Done')),
      logs: workflowLogs(logGroup),
    });
    new StepcastProgress(this, 'Stepcast', {
      workflows: [{ stateMachine, logGroup }],
      iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
      origins: ['https://app.example.com'],
    });
  }
}

/** The same with a bucket of its own as well, and a task that reports its progress: names are known at deployment only. */
export class OwnStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const logGroup = workflowLogGroup(this, 'WorkflowLogs', 'ours');
    const stateMachine = new sfn.StateMachine(this, 'Workflow', {
      definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Succeed(this, 'Done')),
      logs: workflowLogs(logGroup),
    });
    const taskLogs = new logs.LogGroup(this, 'TaskLogs', { logGroupName: '/aws/lambda/resize' });
    const task = new lambda.Function(this, 'Task', {
      functionName: 'resize',
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = () => undefined'),
      logGroup: taskLogs,
    });
    const containerLogs = logs.LogGroup.fromLogGroupName(this, 'ContainerLogs', '/ecs/ocr');
    new StepcastProgress(this, 'Stepcast', {
      workflows: [{ stateMachine, logGroup }],
      iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
      origins: ['https://app.example.com'],
      startMode: 'managed',
      reports: { from: [{ logGroup: taskLogs, function: task }, { logGroup: containerLogs }] },
      bucket: new s3.Bucket(this, 'Files', { enforceSSL: true, eventBridgeEnabled: false }),
    });
  }
}
