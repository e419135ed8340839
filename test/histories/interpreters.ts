import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { jsonOfText, jsonOfValue } from '@stepcast/asl-interpreter';
import { sandbox } from '@stepcast/asl-interpreter/testing';
import { isObject } from '@stepcast/contracts';
import type { PlainEvent } from './canonical.ts';
import type { Sample } from './corpus/index.ts';
import { TABLE } from './corpus/tasks.ts';
import { callService, ITEM, QUEUE_URL } from './services.ts';

/** Runs a sample and gives its history. */
export type Interpreter = (sample: Sample) => Promise<readonly PlainEvent[]>;

/** The name that our test harness gives to a machine. */
const MACHINE = 'ProgressPipeline';

/** This repository's interpreter, over fake time. */
export async function ours({ definition, input }: Sample): Promise<readonly PlainEvent[]> {
  const { events } = await sandbox({}, { callService }).run(definition, jsonOfValue(input));
  return events.map(({ id, previousEventId, type, details }) => ({
    id,
    previousEventId,
    type,
    details: { ...details },
  }));
}

/** moto's interpreter, with the table and the queue that samples use. */
export async function motoAt(endpoint: string): Promise<Interpreter> {
  const options = {
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const dynamo = new DynamoDBClient(options);
  await dynamo.send(
    new CreateTableCommand({
      TableName: TABLE,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await dynamo.send(new PutItemCommand({ TableName: TABLE, Item: ITEM }));
  const { QueueUrl = '' } = await new SQSClient(options).send(
    new CreateQueueCommand({ QueueName: 'samples' }),
  );
  const client = new SFNClient(options);
  let count = 0;
  return async (sample) => {
    count += 1;
    // `$$.StateMachine.Name` is in some outputs, and moto runs many at once.
    const name = `${MACHINE}-${count}`;
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name,
        definition: JSON.stringify(sample.definition).replaceAll(QUEUE_URL, QueueUrl),
        roleArn: 'arn:aws:iam::111122223333:role/any',
      }),
    );
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(sample.input) }),
    );
    while ((await client.send(new DescribeExecutionCommand({ executionArn }))).status === 'RUNNING')
      await new Promise((again) => setTimeout(again, 20));
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    return events.map((event) =>
      plain(event, (text) => text.replaceAll(name, MACHINE).replaceAll(QueueUrl, QUEUE_URL)),
    );
  };
}

function plain(event: HistoryEvent, renamed: (text: string) => string): PlainEvent {
  const details: unknown = Object.entries(event).find(([name]) => name.endsWith('EventDetails'))?.[1];
  const text = renamed(JSON.stringify(isObject(details) ? details : {}));
  const value: unknown = jsonOfText(text);
  return {
    id: event.id ?? 0,
    previousEventId: event.previousEventId ?? 0,
    type: event.type ?? '',
    details: isObject(value) ? value : {},
  };
}
