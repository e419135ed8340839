import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeIdentityPoolCommand } from '@aws-sdk/client-cognito-identity';
import {
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { ListTargetsForPolicyCommand } from '@aws-sdk/client-iot';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { describeIssues, parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { stepcast } from './command.ts';
import { type Clients, type Place } from './place.ts';
import { must } from './run.ts';
import { createStack, deleteStack, failuresOf, refusalsOf, type Deployed } from './stack.ts';
import { type Template } from './template.ts';

/** The settings with which the next deployment adopts what this one leaves: everything that holds data of people. */
const Adopting = z.strictObject({
  stage: z.string().optional(),
  bucket: z.string(),
  journalTable: z.string(),
  userPool: z.strictObject({ userPoolId: z.string(), userPoolClientId: z.string() }),
  identityPool: z.strictObject({ identityPoolId: z.string(), newRoles: z.literal(true) }),
});
export type Adopting = z.output<typeof Adopting>;

const Destroyed = z.object({
  schema: z.literal('stepcast.destroy/v1'),
  deleted: z.literal(true),
  detached: z.int(),
  settings: Adopting,
});
type Destroyed = z.output<typeof Destroyed>;

/**
 * Runs `stepcast destroy` under the keys of the place, as an operator does.
 * @throws Error with what the command wrote, unless it has deleted the stack
 */
export async function destroy(place: Place, stackName: string, limitMs: number): Promise<Destroyed> {
  const { stdout, output, code } = await stepcast(place, ['destroy', stackName, '--yes', '--json'], limitMs);
  must(code === 0, `stepcast destroy ended with ${code ?? 'a signal'}: ${output.slice(-1_500)}`);
  const parsed = parseJson(Destroyed, stdout);
  must(
    parsed.ok,
    parsed.ok ? '' : `stepcast destroy wrote ${describeIssues(parsed.issues)}: ${output.slice(-1_500)}`,
  );
  return parsed.value;
}

/** How many identities an IoT policy is attached to; none where there is no such policy. */
export async function attachmentsOf({ iot }: Clients, policyName: string): Promise<number> {
  const { targets = [] } = await iot.send(new ListTargetsForPolicyCommand({ policyName }));
  return targets.length;
}

/**
 * Resolves when CloudFormation cannot delete the stack because somebody has its IoT policy, as in AWS.
 * @throws Error when it is deleted, or fails for another reason
 */
export async function mustRefuseDeletion({ stacks }: Clients): Promise<void> {
  const status = await deleteStack(stacks);
  must(status === 'DELETE_FAILED', `with somebody provisioned the stack ended in ${status}`);
  const failures = await failuresOf(stacks);
  must(
    failures.some((failure) => failure.startsWith('AWS::IoT::Policy')),
    `not for the IoT policy: ${failures.join(' | ')}`,
  );
}

/** @throws Error naming what is gone */
export async function mustHaveStayed(
  { s3, dynamodb, userPools, identities }: Clients,
  { bucket, journalTable, userPool, identityPool }: Adopting,
): Promise<void> {
  const { userPoolId: UserPoolId, userPoolClientId: ClientId } = userPool;
  const { identityPoolId: IdentityPoolId } = identityPool;
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  await dynamodb.send(new DescribeTableCommand({ TableName: journalTable }));
  await userPools.send(new DescribeUserPoolCommand({ UserPoolId }));
  await userPools.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
  await identities.send(new DescribeIdentityPoolCommand({ IdentityPoolId }));
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

/**
 * Has CloudFormation create everything, and then fail at a resource that comes last.
 * @throws Error when the stack is made all the same, or fails for another reason
 */
export async function failHalfWay(clients: Clients, endpoint: string, template: Template): Promise<void> {
  const Resources = {
    ...template.Resources,
    Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' },
    NeverSignalled: {
      Type: 'AWS::CloudFormation::WaitCondition',
      Properties: { Handle: { Ref: 'Handle' }, Timeout: '1', Count: 1 },
      DependsOn: Object.keys(template.Resources),
    },
  };
  const status = await createStack(clients, endpoint, { ...template, Resources });
  must(status === 'ROLLBACK_COMPLETE', `ended in ${status}`);
  const failures = await failuresOf(clients.stacks);
  must(
    failures.every((failure) => failure.startsWith('AWS::CloudFormation::WaitCondition')),
    `failed for another reason: ${failures.join(' | ')}`,
  );
  await deleteStack(clients.stacks);
}

/** What the settings that `destroy` prints must be, by the outputs of the deployment. */
export function adoptingOf({ outputs }: Deployed): Adopting {
  const { Bucket, JournalTable, UserPoolId, UserPoolClientId, IdentityPoolId } = outputs;
  return Adopting.parse({
    bucket: Bucket,
    journalTable: JournalTable,
    userPool: { userPoolId: UserPoolId, userPoolClientId: UserPoolClientId },
    identityPool: { identityPoolId: IdentityPoolId, newRoles: true },
  });
}
