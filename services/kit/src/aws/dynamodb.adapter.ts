import {
  GetItemCommand,
  type BatchExecuteStatementCommandInput,
  type BatchWriteItemCommandInput,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  type GetItemCommandInput,
  type PutItemCommandInput,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Clock, Timers } from '../clock.ts';
import { AWS_JSON_PROTOCOLS, createAwsJson } from './aws-json.adapter.ts';
import { awsPlaceOf } from './aws-place.ts';

export { DynamoDbError } from './aws-call-error.ts';

/** The operations that we use, with the SDK's types. Values are texts and numbers: other kinds are not encoded. */
export interface DynamoInputs {
  readonly GetItem: GetItemCommandInput;
  readonly PutItem: PutItemCommandInput;
  readonly DeleteItem: DeleteItemCommandInput;
  readonly Query: QueryCommandInput;
  readonly BatchWriteItem: BatchWriteItemCommandInput;
  /** Each statement has a result of its own, in the order of the request; what became of them is the caller's to see. */
  readonly BatchExecuteStatement: BatchExecuteStatementCommandInput;
}

/** DynamoDB's own protocol, and nothing above it: JSON 1.0 over signed HTTP POST. */
export interface DynamoDb {
  /**
   * Sends one request, and again a few times when it was throttled or no answer came. In the latter case it may have got
   * through before: a conditional write may then find what it wrote itself, so a caller that is refused must read.
   * @returns the JSON text of the answer
   * @throws DynamoDbError
   */
  send<Operation extends keyof DynamoInputs>(
    operation: Operation,
    input: DynamoInputs[Operation],
  ): Promise<string>;
  /**
   * The same for a request that is JSON text already.
   * @throws DynamoDbError
   */
  sendText(operation: keyof DynamoInputs, body: string): Promise<string>;
  /** Closes the connections. Whatever is under way fails. */
  close(): Promise<void>;
}

export interface DynamoDbOptions {
  /** Says where DynamoDB is and under which credentials: the SDK's rules, profiles and variables hold as ever. */
  readonly client: DynamoDBClient;
  readonly clock: Clock;
  readonly timers: Timers;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Requests under way at a time; more wait. Default 64. */
  readonly maxConnections?: number;
  /** How long an answer may take before the request is sent again. Default 5,000. */
  readonly timeoutMs?: number;
  /** Called for each answer that says that too much is asked, and for each statement of a batch of which that is said. */
  readonly onThrottled?: () => void;
}

/** DynamoDB by the signed HTTP caller. */
export function createDynamoDb(options: DynamoDbOptions): DynamoDb {
  const caller = createAwsJson({
    ...options,
    protocol: AWS_JSON_PROTOCOLS.dynamodb,
    place: awsPlaceOf(options.client, GetItemCommand),
  });
  return {
    send: (operation, input) => caller.send(operation, JSON.stringify(input)),
    sendText: (operation, body) => caller.send(operation, body),
    close: () => caller.close(),
  };
}
