import { DescribeTableCommand, DeleteTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import { DescribeUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider';
import { DetachPolicyCommand, ListTargetsForPolicyCommand } from '@aws-sdk/client-iot';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { IOT_POLICY_NAME, JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { type Clients } from './place.ts';
import { must } from './run.ts';
import { createStack, deleteStack, failuresOf, refusalsOf, type Deployed } from './stack.ts';
import { type Template } from './template.ts';

/** What stays of a deployment that was taken down, by name. */
export interface Stayed {
  readonly bucket: string;
  readonly userPoolId: string;
  readonly identityPoolId: string;
}

/**
 * How a deployment is taken down, and what an operator does before it is deployed again. A command that does both takes the
 * place of {@link byHand}.
 */
export interface Life {
  /** Takes the stack down, however many people are provisioned. */
  takeDown(clients: Clients): Promise<void>;
  /** Settings with which the next deployment takes over what stayed. */
  settingsFor(stayed: Stayed): object;
  /**
   * What no setting takes over: removed before the next deployment, because AWS refuses a table whose name is taken. (The emulator
   * does not.) Empty where there is a setting for everything.
   */
  readonly removedByHand: readonly ('journal' | 'pools')[];
}

/** Detach every identity from the IoT policy, then delete the stack. */
export const byHand: Life = {
  async takeDown(clients) {
    const refused = await deleteStack(clients.stacks);
    must(refused === 'DELETE_FAILED', `with somebody provisioned the stack ended in ${refused}`);
    const failures = await failuresOf(clients.stacks);
    must(
      failures.some((failure) => failure.startsWith('AWS::IoT::Policy')),
      `not for the IoT policy: ${failures.join(' | ')}`,
    );
    await detachAll(clients);
    const status = await deleteStack(clients.stacks);
    must(status === 'DELETE_COMPLETE', `${status}: ${(await failuresOf(clients.stacks)).join(' | ')}`);
  },
  settingsFor: ({ bucket }) => ({ bucket }),
  // Its roles and the client of the user pool went with the stack; nothing names a journal.
  removedByHand: ['journal'],
};

export async function detachAll({ iot }: Clients): Promise<void> {
  const { targets = [] } = await iot.send(new ListTargetsForPolicyCommand({ policyName: IOT_POLICY_NAME }));
  for (const target of targets)
    await iot.send(new DetachPolicyCommand({ policyName: IOT_POLICY_NAME, target }));
}

/** @throws Error naming what is gone */
export async function mustHaveStayed(clients: Clients, stayed: Stayed): Promise<void> {
  await clients.s3.send(new HeadBucketCommand({ Bucket: stayed.bucket }));
  await clients.dynamodb.send(new DescribeTableCommand({ TableName: JOURNAL_TABLE_NAME }));
  await clients.userPools.send(new DescribeUserPoolCommand({ UserPoolId: stayed.userPoolId }));
  await clients.identities.send(new DescribeIdentityPoolCommand({ IdentityPoolId: stayed.identityPoolId }));
}

/**
 * Resolves when a deployment fails for what stayed, and removes what it made.
 * @throws Error when it is made all the same
 */
export async function mustBeInTheWay(
  clients: Clients,
  endpoint: string,
  template: Template,
  type: string,
): Promise<void> {
  const status = await createStack(clients, endpoint, template);
  must(status !== 'CREATE_COMPLETE', `${type} is in the way no more`);
  const failures = [...(await failuresOf(clients.stacks)), ...(await refusalsOf(clients.stacks))];
  must(
    failures.some((failure) => failure.startsWith(type)),
    `failed for another reason: ${failures.join(' | ')}`,
  );
  await deleteStack(clients.stacks);
}

export function stayedOf({ outputs }: Deployed): Stayed {
  const { Bucket: bucket = '', UserPoolId: userPoolId = '', IdentityPoolId: identityPoolId = '' } = outputs;
  return { bucket, userPoolId, identityPoolId };
}

/** Removes the journal, which the next deployment would otherwise refuse to make. */
export async function removeJournal({ dynamodb }: Clients): Promise<void> {
  const TableName = JOURNAL_TABLE_NAME;
  await dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
  await dynamodb.send(new DeleteTableCommand({ TableName }));
}
