import { randomUUID } from 'node:crypto';
import { readFile, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeEventsCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  type CloudFormationClient,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { runCommand } from '@stepcast/kit/testing/child-process';
import * as z from 'zod';
import { ACCOUNT_ID, call, type Clients, type Place } from './place.ts';
import { until } from './run.ts';
import { type Asset, type Template } from './template.ts';

export const STACK_NAME = 'stepcast';
const assetsIn = (region: string): string => `cdk-hnb659fds-assets-${ACCOUNT_ID}-${region}`;

/** What `cdk bootstrap` leaves behind, as far as a deployment reads it: the bucket of assets, and its version. */
export async function bootstrap(place: Place, { s3 }: Clients): Promise<void> {
  const region = await s3.config.region();
  await s3.send(new CreateBucketCommand({ Bucket: assetsIn(region) }));
  await call(
    place,
    {
      service: 'ssm',
      region,
      target: 'AmazonSSM.PutParameter',
      body: { Name: '/cdk-bootstrap/hnb659fds/version', Value: '30', Type: 'String' },
    },
    z.looseObject({}),
  );
}

/** Uploads what the template refers to. @param python an interpreter, which can zip */
export async function uploadAssets(
  { s3 }: Clients,
  assets: readonly Asset[],
  { python, folder }: { readonly python: string; readonly folder: string },
): Promise<void> {
  for (const { path, objectKey, isFolder } of assets) {
    let file = path;
    if (isFolder) {
      file = join(await mkdtemp(join(folder, 'asset-')), 'asset.zip');
      await runCommand(python, ['-m', 'zipfile', '-c', file, 'index.mjs'], { cwd: path, timeoutMs: 60_000 });
    }
    const Bucket = assetsIn(await s3.config.region());
    await s3.send(new PutObjectCommand({ Bucket, Key: objectKey, Body: await readFile(file) }));
  }
}

/** Of a stack. */
export interface Deployed {
  readonly outputs: Readonly<Record<string, string>>;
  /** Physical IDs by type. */
  readonly resources: readonly { readonly type: string; readonly id: string }[];
}

/** AWS takes a quarter of an hour for a network and containers; an emulator a second. */
const SETTLE_MS = 2_400_000;

/** The stack's status, once it does not change any more. */
async function settled(stacks: CloudFormationClient, StackName: string): Promise<string> {
  return until(`stack ${StackName}`, SETTLE_MS, async () => {
    const status = await statusOf(stacks, StackName);
    return status.endsWith('IN_PROGRESS') ? undefined : status;
  });
}

async function statusOf(stacks: CloudFormationClient, StackName: string): Promise<string> {
  try {
    const { Stacks: [stack] = [] } = await stacks.send(new DescribeStacksCommand({ StackName }));
    return stack?.StackStatus ?? 'DELETE_COMPLETE';
  } catch (thrown) {
    if (Error.isError(thrown) && /does not exist/.test(thrown.message)) return 'DELETE_COMPLETE';
    throw thrown;
  }
}

/** Why resources of a stack failed. */
export async function failuresOf(
  stacks: CloudFormationClient,
  StackName: string = STACK_NAME,
): Promise<readonly string[]> {
  const { StackEvents = [] } = await stacks.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('FAILED') === true).map(
    ({ ResourceType, ResourceStatus, ResourceStatusReason }) =>
      `${ResourceType ?? ''} ${ResourceStatus ?? ''}: ${ResourceStatusReason ?? ''}`,
  );
}

/** What CloudFormation found before it made anything: `TYPE name of the check: reason`. */
export async function refusalsOf(stacks: CloudFormationClient): Promise<readonly string[]> {
  const { OperationEvents = [] } = await stacks.send(new DescribeEventsCommand({ StackName: STACK_NAME }));
  return OperationEvents.filter(({ ValidationName }) => ValidationName !== undefined).map(
    ({ ResourceType, ValidationName, ValidationStatusReason }) =>
      `${ResourceType ?? ''} ${ValidationName ?? ''}: ${ValidationStatusReason ?? ''}`,
  );
}

/** Creates the stack. @returns the status that it ends in */
export async function createStack(
  clients: Clients,
  endpoint: string,
  template: Template,
  StackName: string = STACK_NAME,
): Promise<string> {
  const request = await requestOf(clients, endpoint, template);
  await clients.stacks.send(new CreateStackCommand({ ...request, StackName }));
  return settled(clients.stacks, StackName);
}

/** Updates the stack, as a later deployment does. @returns the status that it ends in */
export async function updateStack(clients: Clients, endpoint: string, template: Template): Promise<string> {
  const request = await requestOf(clients, endpoint, template);
  await clients.stacks.send(new UpdateStackCommand({ ...request, StackName: STACK_NAME }));
  return settled(clients.stacks, STACK_NAME);
}

/** The template is above what an API call may hold, so it goes by way of the bucket, as CDK has it. */
async function requestOf({ s3 }: Clients, endpoint: string, template: Template) {
  const Key = `template-${randomUUID()}.json`;
  const Bucket = assetsIn(await s3.config.region());
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(template) }));
  return {
    TemplateURL: `${endpoint}/${Bucket}/${Key}`,
    Capabilities: ['CAPABILITY_NAMED_IAM' as const],
  };
}

export async function describe(
  stacks: CloudFormationClient,
  StackName: string = STACK_NAME,
): Promise<Deployed> {
  const [{ Stacks: [stack] = [] }, { StackResources = [] }] = await Promise.all([
    stacks.send(new DescribeStacksCommand({ StackName })),
    stacks.send(new DescribeStackResourcesCommand({ StackName })),
  ]);
  return {
    outputs: Object.fromEntries(
      (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
    resources: StackResources.map(({ ResourceType = '', PhysicalResourceId = '' }) => ({
      type: ResourceType,
      id: PhysicalResourceId,
    })),
  };
}

/** Asks CloudFormation to delete the stack. @returns the status that it ends in */
export async function deleteStack(
  stacks: CloudFormationClient,
  StackName: string = STACK_NAME,
): Promise<string> {
  await stacks.send(new DeleteStackCommand({ StackName }));
  return settled(stacks, StackName);
}
