import { BatchExecuteStatementCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs';
import { describeIssues, parseJson } from '@stepcast/contracts';
import { compilePolicy } from '@stepcast/policies';
import * as z from 'zod';
import { JOURNAL_TABLE_NAME } from '@stepcast/wire';
import { clientsOf, REGION, type Clients, type Keys, type Place } from './place.ts';
import { must } from './run.ts';

/**
 * Where the emulator asks for another right than AWS does: for a batch it asks for an action of that name. AWS asks for the one of a
 * single message (SQS developer guide, "Amazon SQS API permissions") and for that of each statement on its table (DynamoDB developer
 * guide, "IAM security policies with PartiQL"). Each is tried: the list fails when it could be shorter.
 */
export const IAM_DIFFERENCES = [
  { aws: 'sqs:SendMessage', emulator: 'sqs:SendMessageBatch' },
  { aws: 'sqs:DeleteMessage', emulator: 'sqs:DeleteMessageBatch' },
  { aws: 'sqs:ChangeMessageVisibility', emulator: 'sqs:ChangeMessageVisibilityBatch' },
  { aws: 'dynamodb:PartiQLInsert', emulator: 'dynamodb:BatchExecuteStatement' },
] as const;
type IamDifference = (typeof IAM_DIFFERENCES)[number];

const DIFFERENCES_POLICY = 'emulator-differences';

const Document = z.looseObject({
  Version: z.string(),
  Statement: z.array(
    z.looseObject({
      Effect: z.enum(['Allow', 'Deny']),
      Action: z.union([z.string(), z.array(z.string())]),
      Resource: z.union([z.string(), z.array(z.string())]),
    }),
  ),
});
type Document = z.output<typeof Document>;

/** The one inline policy of a deployed role, as IAM has it. */
export async function shippedDocument(iam: IAMClient, RoleName: string): Promise<Document> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const [PolicyName, ...more] = PolicyNames.filter((name) => name !== DIFFERENCES_POLICY);
  must(PolicyName !== undefined && more.length === 0, `${RoleName} has policies ${PolicyNames.join(', ')}`);
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  const parsed = parseJson(Document, decodeURIComponent(PolicyDocument));
  must(parsed.ok, parsed.ok ? '' : `${RoleName}: ${describeIssues(parsed.issues)}`);
  // What our own evaluator cannot read is not what we ship.
  compilePolicy(parsed.value, { name: RoleName });
  return parsed.value;
}

/**
 * What the emulator asks for besides, on the same resources; of a batch of statements it reads no table. Undefined where a role has
 * nothing of the kind.
 */
function differencesOf({ Version, Statement }: Document): Document | undefined {
  const more = Statement.flatMap((statement) => {
    const actions = [statement.Action].flat();
    const of = (service: string) =>
      IAM_DIFFERENCES.filter(({ aws }) => aws.startsWith(service) && actions.includes(aws)).map(
        ({ emulator }) => emulator,
      );
    const [forQueues, forTables] = [of('sqs:'), of('dynamodb:')];
    const { Effect, Resource } = statement;
    // AWS decides it on the service, the emulator on the cluster; test/integration/publisher-copies.test.ts fails when that has changed.
    const asksEcs = actions.includes('ecs:DescribeServices');
    return [
      ...(asksEcs ? [{ Effect, Action: 'ecs:DescribeServices', Resource: '*' }] : []),
      ...(forQueues.length === 0 ? [] : [{ Effect, Action: forQueues, Resource }]),
      ...(forTables.length === 0 ? [] : [{ Effect, Action: forTables, Resource: '*' }]),
    ];
  });
  return more.length === 0 ? undefined : { Version, Statement: more };
}

/** Keys of an IAM user who may do exactly what the role's document says, and what the emulator asks for besides. */
export async function keysUnder(iam: IAMClient, roleName: string): Promise<Keys> {
  const UserName = `as-${roleName}`;
  const document = await shippedDocument(iam, roleName);
  await iam.send(new CreateUserCommand({ UserName }));
  const put = (PolicyName: string, policy: Document) =>
    iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: JSON.stringify(policy) }));
  await put('shipped', document);
  const differences = differencesOf(document);
  if (differences !== undefined) await put(DIFFERENCES_POLICY, differences);
  return newKeys(iam, UserName);
}

/** Gives the role of a function what the emulator asks for besides. */
export async function allowDifferences(iam: IAMClient, RoleName: string): Promise<void> {
  const differences = differencesOf(await shippedDocument(iam, RoleName));
  if (differences === undefined) return;
  await iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: DIFFERENCES_POLICY,
      PolicyDocument: JSON.stringify(differences),
    }),
  );
}

async function newKeys(iam: IAMClient, UserName: string): Promise<Keys> {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

/** Somebody who has every right that AWS asks for, and none of those that only the emulator does. */
export async function proberOf(place: Place, iam: IAMClient): Promise<Clients> {
  const UserName = 'prober';
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: 'as-aws-asks',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: IAM_DIFFERENCES.map(({ aws }) => aws), Resource: '*' }],
      }),
    }),
  );
  return clientsOf({ region: REGION, emulator: { ...place, keys: await newKeys(iam, UserName) } });
}

/** Resolves when the emulator still refuses the batch. @throws Error when it does as AWS does now */
export async function stillDiffers(
  { sqs, dynamodb }: Clients,
  QueueUrl: string,
  { emulator }: IamDifference,
): Promise<void> {
  const entry = { Id: 'a', ReceiptHandle: 'none' };
  const ask = {
    'sqs:SendMessageBatch': () =>
      sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', MessageBody: 'x' }] })),
    'sqs:DeleteMessageBatch': () => sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [entry] })),
    'sqs:ChangeMessageVisibilityBatch': () =>
      sqs.send(
        new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [{ ...entry, VisibilityTimeout: 0 }] }),
      ),
    'dynamodb:BatchExecuteStatement': () =>
      dynamodb.send(
        new BatchExecuteStatementCommand({
          Statements: [{ Statement: `INSERT INTO "${JOURNAL_TABLE_NAME}" VALUE {'pk': 'probe', 'sk': '1'}` }],
        }),
      ),
  }[emulator];
  try {
    await ask();
  } catch (thrown) {
    const why = Error.isError(thrown) ? thrown.message : String(thrown);
    must(why.includes(emulator), `refused for another reason: ${why}`);
    return;
  }
  throw new Error(`the emulator asks for what AWS asks for now: ${emulator} can go from the list`);
}
