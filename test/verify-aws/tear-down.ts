import { DeleteIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import { DeleteUserPoolCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider';
import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { DetachPolicyCommand, ListTargetsForPolicyCommand } from '@aws-sdk/client-iot';
import { DeleteBucketCommand, DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { DeleteStateMachineCommand } from '@aws-sdk/client-sfn';
import { deploymentNames } from '@stepcast/wire';
import { type Clients } from '../deployed/place.ts';
import { deleteStack, failuresOf } from '../deployed/stack.ts';
import { said } from './probe.ts';
import { type Made } from './made.ts';
import { removeRetained, type DataPlane } from './probes/data-plane.ts';
import { STACK_NAME, STAGE } from './stage.ts';

const NAMES = deploymentNames({ stage: STAGE });

/**
 * Removes all that this run has made, whatever became of it: what the stack leaves behind too. Each step is tried, also when
 * one before has failed.
 * @returns what could not be removed, and why
 */
export async function tearDown(
  plane: DataPlane,
  made: Made,
  say: (text: string) => void,
): Promise<readonly string[]> {
  const { clients } = plane;
  const left: string[] = [];
  const step = async (what: string, remove: () => Promise<unknown>): Promise<void> => {
    try {
      await remove();
      say(`removed ${what}`);
    } catch (thrown) {
      // Never made, or gone with the stack.
      if (
        Error.isError(thrown) &&
        /NotFound|NoSuch|does not exist|not found/i.test(`${thrown.name} ${thrown.message}`)
      )
        return;
      left.push(`${what}: ${said(thrown)}`);
    }
  };
  if (made.stack) {
    await step('attachments of the IoT policy', () => detachAll(clients));
    await step('the stack', async () => {
      const status = await deleteStack(clients.stacks, STACK_NAME);
      if (status !== 'DELETE_COMPLETE')
        throw new Error(`${status}: ${(await failuresOf(clients.stacks, STACK_NAME)).join(' | ')}`);
    });
    await step('the journal', async () => {
      const TableName = NAMES.journalTable;
      await clients.dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
      await clients.dynamodb.send(new DeleteTableCommand({ TableName }));
    });
    // Now that no engine makes new ones.
    await step('retained messages', () => removeRetained(plane, NAMES.topicNamespace));
  }
  const { bucket, userPoolId, identityPoolId } = made;
  if (bucket !== undefined) await step(`bucket ${bucket}`, () => removeBucket(clients, bucket));
  if (userPoolId !== undefined)
    await step(`user pool ${userPoolId}`, async () => {
      await clients.userPools.send(
        new UpdateUserPoolCommand({ UserPoolId: userPoolId, DeletionProtection: 'INACTIVE' }),
      );
      await clients.userPools.send(new DeleteUserPoolCommand({ UserPoolId: userPoolId }));
    });
  if (identityPoolId !== undefined)
    await step(`identity pool ${identityPoolId}`, () =>
      clients.identities.send(new DeleteIdentityPoolCommand({ IdentityPoolId: identityPoolId })),
    );
  const { logGroupName, roleName, rolePolicyName } = made;
  for (const [what, stateMachineArn] of [
    ['the state machine', made.stateMachineArn],
    ['the Express state machine', made.expressStateMachineArn],
  ] as const)
    if (stateMachineArn !== undefined)
      await step(what, () => clients.sfn.send(new DeleteStateMachineCommand({ stateMachineArn })));
  if (logGroupName !== undefined)
    await step('its log group', () => clients.logs.send(new DeleteLogGroupCommand({ logGroupName })));
  if (roleName !== undefined) {
    if (rolePolicyName !== undefined)
      await step('its role’s policy', () =>
        clients.iam.send(new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName: rolePolicyName })),
      );
    await step('its role', () => clients.iam.send(new DeleteRoleCommand({ RoleName: roleName })));
  }
  return left;
}

async function detachAll({ iot }: Clients): Promise<void> {
  const policyName = NAMES.iotPolicy;
  const { targets = [] } = await iot.send(new ListTargetsForPolicyCommand({ policyName }));
  for (const target of targets) await iot.send(new DetachPolicyCommand({ policyName, target }));
}

async function removeBucket({ s3 }: Clients, Bucket: string): Promise<void> {
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const all = [...Versions, ...DeleteMarkers];
    if (all.length === 0) break;
    for (const { Key, VersionId } of all)
      await s3.send(
        new DeleteObjectCommand({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) }),
      );
  }
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
