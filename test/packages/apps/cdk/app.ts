import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { StepcastProgress, workflowLogGroup, workflowLogs } from '@stepcast/cdk';

const app = new App({ outdir: 'cdk.out' });
const stack = new Stack(app, 'Ours');
const logGroup = workflowLogGroup(stack, 'WorkflowLogs', 'ours');
const stateMachine = new sfn.StateMachine(stack, 'Workflow', {
  definitionBody: sfn.DefinitionBody.fromChainable(new sfn.Succeed(stack, 'Done')),
  logs: workflowLogs(logGroup),
});
const progress = new StepcastProgress(stack, 'Stepcast', {
  workflows: [{ stateMachine, logGroup }],
  iotEndpoint: 'a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com',
  origins: ['https://app.example.com'],
});
new CfnOutput(stack, 'Bucket', { value: progress.bucket.bucketName });
new CfnOutput(stack, 'ProvisionUrl', { value: progress.provisionUrl });
app.synth();
