import { Stack } from 'aws-cdk-lib';
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

/** The same with a bucket of its own as well: names are known at deployment only. */
export class OwnStack extends Stack {
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
      startMode: 'managed',
      bucket: new s3.Bucket(this, 'Files', { enforceSSL: true, eventBridgeEnabled: false }),
    });
  }
}
