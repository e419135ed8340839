import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import { GetItemCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { AttachPolicyCommand, IoTClient, ListAttachedPoliciesCommand } from '@aws-sdk/client-iot';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { userPoolProvider } from '@stepcast/contracts';
import { subscriptionPayload } from '../../support/awslogs.ts';
import { MARK, type Attack } from '../world.ts';
import { outcomeOf, type Trick } from './trick.ts';

/** Calls of the account's services under the keys of somebody who may only upload and listen. */
function serviceCall({ sandbox: { info }, attacker, guestKeys, victim, dice }: Attack): Promise<unknown> {
  const { region, endpoints, accountId, stateMachineArn } = info;
  const options = { region, credentials: dice.pick([attacker.keys, guestKeys]), maxAttempts: 1 };
  const sfn = new SFNClient({ ...options, endpoint: endpoints.stepFunctions });
  const sqs = new SQSClient({ ...options, endpoint: endpoints.sqs });
  const dynamodb = new DynamoDBClient({ ...options, endpoint: endpoints.dynamodb });
  const iot = new IoTClient({ ...options, endpoint: endpoints.iot });
  const QueueUrl = `${endpoints.sqs}/${accountId}/${dice.pick(['stepcast-uploads', 'stepcast-status', 'stepcast-events.fifo'])}`;
  const target = dice.pick([victim.identityId, attacker.identityId]);
  return dice.pick<() => Promise<unknown>>([
    () => sfn.send(new ListExecutionsCommand({ stateMachineArn })),
    () => sfn.send(new StartExecutionCommand({ stateMachineArn, name: MARK, input: '{}' })),
    () =>
      sfn.send(
        new DescribeExecutionCommand({
          executionArn: `${stateMachineArn.replace('stateMachine', 'execution')}:x`,
        }),
      ),
    () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: MARK, MessageGroupId: 'x' })),
    () => sqs.send(new ReceiveMessageCommand({ QueueUrl })),
    () => dynamodb.send(new ScanCommand({ TableName: 'stepcast-journal' })),
    () =>
      dynamodb.send(
        new GetItemCommand({ TableName: 'stepcast-journal', Key: { pk: { S: 'x' }, sk: { S: 'x' } } }),
      ),
    () => iot.send(new AttachPolicyCommand({ policyName: info.iotPolicyName, target })),
    () => iot.send(new ListAttachedPoliciesCommand({ target })),
  ])();
}

/** The victim's credentials, with what the attacker has. */
function identityCall({ sandbox: { info }, attacker, victim, dice }: Attack): Promise<unknown> {
  const client = new CognitoIdentityClient({
    region: info.region,
    endpoint: info.endpoints.cognitoIdentity,
    maxAttempts: 1,
  });
  const provider = userPoolProvider(info.region, info.userPoolId);
  const Logins = dice.pick<Record<string, string> | undefined>([
    undefined,
    { [provider]: attacker.idToken },
    { [provider]: `${attacker.idToken.slice(0, -4)}AAAA` },
    { [`${provider}x`]: attacker.idToken },
    { 'accounts.example.com': attacker.idToken },
  ]);
  return dice.pick<() => Promise<unknown>>([
    () =>
      client.send(
        new GetCredentialsForIdentityCommand({ IdentityId: victim.identityId, ...(Logins && { Logins }) }),
      ),
    () =>
      client.send(
        new GetIdCommand({
          IdentityPoolId: info.identityPoolId,
          Logins: { [provider]: `${attacker.idToken.split('.').slice(0, 2).join('.')}.` },
        }),
      ),
  ])();
}

async function post(attack: Attack): Promise<Response> {
  const { sandbox, victim, dice } = attack;
  const executionArn = `${sandbox.info.stateMachineArn.replace(':stateMachine:', ':execution:')}:${MARK}`;
  const records = [JSON.stringify({ id: '1', type: 'ExecutionStarted', execution_arn: executionArn })];
  const body = JSON.stringify(subscriptionPayload(records));
  const headers = dice.pick<Record<string, string>>([
    { 'content-type': 'application/json' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/json', 'x-stepcast-token': victim.identityId },
    { 'content-type': 'application/json', 'x-stepcast-token': '' },
    { 'content-type': 'application/json', origin: 'https://attacker.example' },
    { 'content-type': 'application/json', 'x-forwarded-for': '127.0.0.1' },
  ]);
  const path = dice.pick(['/awslogs', '/executions', '/awslogs/', '//awslogs', '/executions?x=1']);
  return fetch(`${sandbox.url}${path}`, { method: 'POST', headers, body });
}

export const accountTricks: readonly Trick[] = [
  {
    name: "call the account's services",
    attempt: (attack) => outcomeOf(serviceCall(attack), 'breach'),
  },
  {
    name: "get somebody else's credentials",
    attempt: (attack) => outcomeOf(identityCall(attack), 'breach'),
  },
  {
    name: 'post log records of others',
    async attempt(attack) {
      const response = await post(attack);
      await response.arrayBuffer();
      return response.ok ? 'breach' : 'refused';
    },
  },
  {
    name: 'provision with a forged token',
    async attempt({ sandbox, attacker, dice }) {
      const [head = '', claims = '', signature = ''] = attacker.idToken.split('.');
      const none = Buffer.from('{"alg":"none"}').toString('base64url');
      const token = dice.pick([
        `${head}.${claims}.`,
        `${none}.${claims}.`,
        `${none}.${claims}.${signature}`,
        `${head}.${Buffer.from('{"sub":"x"}').toString('base64url')}.${signature}`,
        '',
        'x'.repeat(1 + dice.int(9_000)),
      ]);
      const response = await fetch(`${sandbox.info.endpoints.provisioner}/v1/provision`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      await response.arrayBuffer();
      return response.ok ? 'breach' : 'refused';
    },
  },
];
