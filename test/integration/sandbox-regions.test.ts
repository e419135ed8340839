import { PutObjectCommand } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '@stepcast/sandbox';
import { sdkPartitions } from '../partitions/sdk-partitions.ts';
import { IS_LONG } from '../support/long-form.ts';
import { signIn } from '../support/person.ts';
import { startTestSandbox } from '../support/sandbox.ts';

/** One region of each partition that the SDK knows. */
const allRegions = (await sdkPartitions()).flatMap(({ id, regions: [region] }) =>
  region === undefined ? [] : [{ region, partition: id }],
);
/** `npm test` takes two: all other suites run in the common partition. */
const regions = IS_LONG
  ? allRegions
  : allRegions.filter(({ partition }) => ['aws-cn', 'aws-eusc'].includes(partition));

let sandbox: Sandbox | undefined;
afterEach(() => sandbox?.stop());

/** Asks until an execution has ended. */
async function endedExecution(sfn: SFNClient, stateMachineArn: string): Promise<string> {
  const ask = async () => {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions.find(({ status }) => status !== 'RUNNING')?.executionArn;
  };
  let found = await ask();
  for (; found === undefined; found = await ask()) await new Promise((again) => setTimeout(again, 50));
  return found;
}

describe.each(regions)('a sandbox in $region', ({ region, partition }) => {
  it(`writes ARNs of ${partition} and of no other partition, from the upload to the end of its execution`, async () => {
    sandbox = await startTestSandbox({ environment: { STEPCAST_SANDBOX_REGION: region, MQTT_PORT: '0' } });
    const { bucket, endpoints, stateMachineArn, accountId } = sandbox.info;
    const alice = await signIn(sandbox.info, 'alice');
    const upload = (Key: string) =>
      alice.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'no photo' }));
    // Tokens of its user pool are good: issuer and keys have the partition's name.
    expect(await alice.provision()).toMatchObject({
      status: 200,
      body: { identityId: alice.identityId },
    });
    await upload(`users/${alice.identityId}/notes.txt`);
    const refused = await upload('users/somebody-else/notes.txt').then(() => 'taken', String);
    const credentials = sandbox.access.root;
    const sfn = new SFNClient({ region, endpoint: endpoints.stepFunctions, credentials });
    const sqs = new SQSClient({ region, endpoint: endpoints.sqs, credentials });
    const executionArn = await endedExecution(sfn, stateMachineArn);
    const described = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    const QueueUrl = `${endpoints.sqs}/${accountId}/stepcast-uploads`;
    const queue = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    sfn.destroy();
    sqs.destroy();
    expect(refused).toContain(`arn:${partition}:sts::${accountId}:assumed-role/`);
    const said = JSON.stringify([sandbox.info, executionArn, described.input, queue.Attributes, refused]);
    const arns = said.match(/arn:[a-z-]+:[a-z0-9]+:/g) ?? [];
    expect(new Set(arns)).toEqual(
      new Set(['states', 's3', 'sqs', 'sts'].map((service) => `arn:${partition}:${service}:`)),
    );
  });
});
