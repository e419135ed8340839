import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand, QueryCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { hexDigest } from '@stepcast/kit';
import type { Sandbox } from '@stepcast/sandbox';
import { JOURNAL_TABLE_NAME, TOKEN_HEADER, type DeadLetterCode } from '@stepcast/wire';
import { tokenOf } from '../../support/awslogs.ts';
import { signIn } from '../../support/person.ts';
import { servicesInFault, type ServicesInFault } from './services-in-fault.ts';

/** What retrying a letter does. */
export interface Retried {
  /** The queue that it goes back to; or why it stays, with what helps instead. */
  readonly goes: string | RegExp;
  /** What the reason of the letter says. */
  readonly says?: RegExp;
  /** Follows once the letter is there. */
  readonly made?: () => Promise<void>;
  /** Mends the cause, before the retry. */
  readonly mend?: () => Promise<void>;
  /** What then holds. Without it, the same letter comes back, for nothing is mended. */
  readonly holds?: () => Promise<boolean>;
  /** Ends what was begun, when all is seen. */
  readonly after?: () => Promise<void>;
}

/** By code: has a service give something up, and says what retrying it does. */
export type Letters<Code extends DeadLetterCode = DeadLetterCode> = Readonly<
  Record<Code, (world: LetterWorld) => Promise<Retried>>
>;

/** Asked before each decision on rights; what it throws is the answer of the service. */
export type Interference = (action: string, resource: string) => void;

/** A sandbox, and Stepcast's services beside its own with something wrong. */
export interface LetterWorld {
  readonly sandbox: Sandbox;
  readonly services: ServicesInFault;
  /** Has the sandbox's AWS answer otherwise from now on. */
  readonly interfere: (how: Interference) => void;
  /** Has the sandbox lose such a part of what its AWS tells Stepcast. */
  readonly lose: (rate: number) => Promise<void>;
  /** Puts a message on a queue, in a group of its own. */
  readonly send: (queue: string, body: string) => Promise<void>;
  readonly identityOf: (user: string) => Promise<string>;
  /** The last item of a partition whose sort key begins so. */
  readonly lastItem: (pk: string, prefix?: string) => Promise<Item | undefined>;
  /** Damages an attribute of that item. @returns what mends it */
  readonly damage: (pk: string, prefix: string, attribute: string) => Promise<() => Promise<void>>;
  /** How many executions there are. */
  readonly started: () => Promise<number>;
  /** Starts the workflow as somebody else would. @returns the ARN of the execution */
  readonly start: (name: string, input: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

type Item = Record<string, AttributeValue>;

export async function createLetterWorld(sandbox: Sandbox): Promise<LetterWorld> {
  let interference: Interference = () => undefined;
  const { authorizer } = sandbox.access;
  const decide = authorizer.authorize.bind(authorizer);
  authorizer.authorize = (request) => {
    interference(request.action, request.resource);
    return decide(request);
  };
  const { region, endpoints, accountId, stateMachineArn } = sandbox.info;
  const at = (endpoint: string) => ({ region, endpoint, credentials: sandbox.access.root });
  const sqs = new SQSClient(at(endpoints.sqs));
  const dynamodb = new DynamoDBClient(at(endpoints.dynamodb));
  const sfn = new SFNClient(at(endpoints.stepFunctions));
  const services = await servicesInFault(sandbox);

  async function lastItem(pk: string, prefix = ''): Promise<Item | undefined> {
    const { Items = [] } = await dynamodb.send(
      new QueryCommand({
        TableName: JOURNAL_TABLE_NAME,
        KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': { S: pk }, ...(prefix === '' ? {} : { ':sk': { S: prefix } }) },
      }),
    );
    return Items.at(-1);
  }

  return {
    sandbox,
    services,
    interfere(how) {
      interference = how;
    },
    async lose(rate) {
      const { status } = await fetch(`${sandbox.url}/faults`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json', [TOKEN_HEADER]: await tokenOf(sandbox.url) },
        body: JSON.stringify({ lose: rate }),
      });
      expect(status).toBe(200);
    },
    async send(queue, body) {
      const fifo = queue.endsWith('.fifo')
        ? { MessageGroupId: hexDigest(body), MessageDeduplicationId: randomUUID() }
        : {};
      const QueueUrl = `${endpoints.sqs}/${accountId}/${queue}`;
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body, ...fifo }));
    },
    identityOf: async (user) => (await signIn(sandbox.info, user)).identityId,
    lastItem,
    async damage(pk, prefix, attribute) {
      const whole = (await lastItem(pk, prefix)) ?? {};
      const put = async (Item: Item) => {
        await dynamodb.send(new PutItemCommand({ TableName: JOURNAL_TABLE_NAME, Item }));
      };
      expect(whole).toHaveProperty(attribute);
      await put({ ...whole, [attribute]: { S: '{"no":"sense"}' } });
      return () => put(whole);
    },
    async started() {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
      return executions.length;
    },
    async start(name, input) {
      const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }));
      return executionArn ?? '';
    },
    async close() {
      await services.close();
      for (const client of [sqs, dynamodb, sfn]) client.destroy();
    },
  };
}
