import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPolicies, type PolicyStatement } from '@stepcast/policies';
import { CopiesUnknownError, createEcsCopies } from '@stepcast/publisher';
import { awsClientDefaults } from '@stepcast/kit';
import { MINISTACK_VERSION, startMiniStack } from '../support/ministack.ts';
import { reportNotRun, reportUsed } from '../support/not-run.ts';
import { ToolUnavailable, type RunningServer } from '../support/tool-cache.ts';

const REGION = 'us-east-1';
const ACCOUNT_ID = '111122223333';
const CLUSTER = 'stepcast';
const never = new AbortController().signal;

/** An ECS that nobody here wrote, which enforces rights. */
describe('the copies of an ECS service', () => {
  let server: RunningServer | undefined;
  let asShipped: ECSClient;
  let publisher: ECSClient;

  const configOf = (endpoint: string, accessKeyId: string, secretAccessKey: string) => ({
    ...awsClientDefaults(),
    region: REGION,
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
  });

  beforeAll(async () => {
    try {
      server = await startMiniStack({ auth: true, region: REGION, accountId: ACCOUNT_ID });
    } catch (thrown) {
      if (!(thrown instanceof ToolUnavailable)) throw thrown;
      reportNotRun('the copies of an ECS service', thrown.message);
      return;
    }
    reportUsed('the copies of an ECS service', `MiniStack ${MINISTACK_VERSION}`);
    const root = configOf(server.endpoint, ACCOUNT_ID, 'root');
    const ecs = new ECSClient(root);
    await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'stepcast',
        containerDefinitions: [{ name: 'one', image: 'none', memory: 128 }],
      }),
    );
    for (const serviceName of ['stepcast-publisher', 'stepcast-correlator'])
      await ecs.send(
        new CreateServiceCommand({
          cluster: CLUSTER,
          serviceName,
          taskDefinition: 'stepcast',
          desiredCount: 3,
        }),
      );
    ecs.destroy();
    const iam = new IAMClient(root);
    const { document } = buildPolicies({
      region: REGION,
      accountId: ACCOUNT_ID,
      bucket: 'uploads',
      identityPoolId: `${REGION}:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11`,
      services: { stateMachineNames: ['PhotoPipeline'] },
    }).services.publisher;
    const { endpoint } = server;
    const clientUnder = async (UserName: string, Statement: readonly PolicyStatement[]) => {
      await iam.send(new CreateUserCommand({ UserName }));
      const PolicyDocument = JSON.stringify({ ...document, Statement });
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'rights', PolicyDocument }));
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
      return new ECSClient(
        configOf(endpoint, AccessKey?.AccessKeyId ?? '', AccessKey?.SecretAccessKey ?? ''),
      );
    };
    asShipped = await clientUnder('shipped', document.Statement);
    publisher = await clientUnder('publisher', [
      ...document.Statement,
      {
        Effect: 'Allow',
        Action: 'ecs:DescribeServices',
        Resource: `arn:aws:ecs:${REGION}:${ACCOUNT_ID}:cluster/${CLUSTER}`,
      },
    ]);
    iam.destroy();
  }, 300_000);

  afterAll(async () => {
    if (server === undefined) return;
    asShipped.destroy();
    publisher.destroy();
    await server.stop();
  });

  const read = (service: string, client = publisher) => createEcsCopies({ client, service }).read(never);

  it('are those that ECS wants or runs', async () => {
    if (server === undefined) return;
    expect(await read(`${CLUSTER}/stepcast-publisher`)).toBeGreaterThanOrEqual(3);
  });

  /**
   * AWS decides DescribeServices on the service (service authorization reference, "Amazon Elastic Container Service"), the emulator on the
   * cluster. When it does as AWS does, this fails, and the right on the cluster above can go.
   */
  it('are not known where the right is missing, which the emulator takes the shipped one for', async () => {
    if (server === undefined) return;
    await expect(read(`${CLUSTER}/stepcast-publisher`, asShipped)).rejects.toThrow(
      'not known: AccessDeniedException',
    );
  });

  it.each([
    ['service', `${CLUSTER}/none`, 'MISSING'],
    ['cluster', 'none/stepcast-publisher', 'AccessDeniedException'],
  ])('are not known of a %s that is not there', async (_what, service, why) => {
    if (server === undefined) return;
    await expect(read(service)).rejects.toThrow(`not known: ${why}`);
  });

  it('are not known where ECS does not answer, and nothing waits for it when the publisher stops', async () => {
    const away = new ECSClient({ ...configOf('http://127.0.0.1:9', 'a', 'b'), maxAttempts: 1 });
    const reader = createEcsCopies({ client: away, service: `${CLUSTER}/stepcast-publisher` });
    await expect(reader.read(never)).rejects.toThrow(CopiesUnknownError);
    await expect(reader.read(AbortSignal.abort())).rejects.toThrow(CopiesUnknownError);
    away.destroy();
  });
});
