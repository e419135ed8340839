import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type CallContext, notImplemented } from '../../core/index.ts';
import type { DynaliteEngine } from '../dynalite-engine.ts';
import { partitionKeyOf } from '../leading-keys.ts';
import { MalformedStatementError, UnsupportedStatementError } from './errors.ts';
import { type InsertStatement, parseInsert } from './parse-insert.ts';
import {
  type AttributeValue,
  type CapacityDetail,
  readBatch,
  readSingle,
  type StatementRequest,
} from './requests.ts';
import { asAwsError, batchCodeOf, failureOf, type StatementFailure } from './statement-errors.ts';

/** IAM user guide and developer guide, "IAM security policies with PartiQL": the right to insert, on the table. */
const ACTION = 'dynamodb:PartiQLInsert';

/** A statement that can run, or why it cannot. */
type Prepared =
  { readonly insert: InsertStatement; readonly item: ReadonlyMap<string, AttributeValue> } | StatementFailure;
type Outcome =
  | { readonly table: string; readonly capacity: unknown; readonly failure: undefined }
  /** `table` only where the statement reached it. */
  | { readonly table: string | undefined; readonly failure: StatementFailure };

const Written = z.looseObject({ ConsumedCapacity: z.unknown() });

function invalid(message: string): StatementFailure {
  return { exception: 'ValidationException', message };
}

/** @throws AwsError `NotImplemented` for a statement that DynamoDB may run and the sandbox does not understand */
function prepare({ statement, parameters }: StatementRequest): Prepared {
  let insert: InsertStatement;
  try {
    insert = parseInsert(statement);
  } catch (thrown) {
    if (thrown instanceof UnsupportedStatementError) throw notImplemented(`DynamoDB ${thrown.message}`);
    if (thrown instanceof MalformedStatementError) return invalid(thrown.message);
    throw thrown;
  }
  const { attributes } = insert;
  if (attributes.length !== parameters.length)
    return invalid("Number of parameters in request and statement don't match.");
  const item = new Map<string, AttributeValue>();
  for (const [index, name] of attributes.entries()) {
    const value = parameters[index];
    if (value !== undefined) item.set(name, value);
  }
  return { insert, item };
}

/** The partition key of an item as IAM sees it: the text of a string, number or binary. */
function leadingKeys(item: ReadonlyMap<string, AttributeValue>, partitionKey: string): readonly string[] {
  const [value] = Object.values(item.get(partitionKey) ?? {});
  return typeof value === 'string' ? [value] : [];
}

/**
 * `INSERT INTO "table" VALUE {'name': ?, …}`, alone or up to 25 in a batch, as PutItem under the condition that there is no
 * such key. The statements of a batch run one after another, each for itself: what one has written stays when the next
 * one fails.
 *
 * What a batch answers to two statements of one key AWS does not document. Here the first may write and the second is a
 * `DuplicateItem`; nobody should rely on it.
 */
export class PartiQlInserts {
  readonly #engine: DynaliteEngine;
  readonly #arnOf: (table: string) => string;

  constructor(engine: DynaliteEngine, arnOf: (table: string) => string) {
    this.#engine = engine;
    this.#arnOf = arnOf;
  }

  /**
   * ExecuteStatement.
   * @throws AwsError what DynamoDB answers when nothing was written: `DuplicateItemException`, `ValidationException`,
   * `ResourceNotFoundException`, `AccessDenied`; `NotImplemented` for other statements
   */
  async execute(input: unknown, call: CallContext): Promise<unknown> {
    const { statement, capacity } = readSingle(input);
    const prepared = prepare(statement);
    if ('exception' in prepared) throw asAwsError(prepared);
    const outcome = await this.#run(prepared, capacity, call, new Map());
    if (outcome.failure !== undefined) throw asAwsError(outcome.failure);
    return { Items: [], ...(capacity === 'NONE' ? {} : { ConsumedCapacity: outcome.capacity }) };
  }

  /**
   * BatchExecuteStatement: one response for each statement, in their order. `ConsumedCapacity` lists, in the same order,
   * the statements that have written; what a failed condition costs dynalite does not say.
   * @throws AwsError `ValidationException` for a batch that is none, `NotImplemented` for other statements; nothing has run
   */
  async executeBatch(input: unknown, call: CallContext): Promise<unknown> {
    const { statements, capacity } = readBatch(input);
    const prepared = statements.map(prepare);
    const partitionKeys = new Map<string, string | undefined>();
    const outcomes: Outcome[] = [];
    for (const one of prepared)
      outcomes.push(
        'exception' in one
          ? { table: undefined, failure: one }
          : await this.#run(one, capacity, call, partitionKeys),
      );
    return {
      Responses: outcomes.map(({ table, failure }) => ({
        ...(failure === undefined ? {} : { Error: { Code: batchCodeOf(failure), Message: failure.message } }),
        ...(table === undefined ? {} : { TableName: table }),
      })),
      ...(capacity === 'NONE'
        ? {}
        : {
            ConsumedCapacity: outcomes.flatMap((one) => (one.failure === undefined ? [one.capacity] : [])),
          }),
    };
  }

  /** @param partitionKeys of the tables that this request has read already */
  async #run(
    { insert: { table }, item }: Exclude<Prepared, StatementFailure>,
    capacity: CapacityDetail,
    call: CallContext,
    partitionKeys: Map<string, string | undefined>,
  ): Promise<Outcome> {
    if (!partitionKeys.has(table)) partitionKeys.set(table, await partitionKeyOf(this.#engine, table));
    const partitionKey = partitionKeys.get(table);
    const denied = this.#deniedBy(
      call,
      table,
      partitionKey === undefined ? [] : leadingKeys(item, partitionKey),
    );
    if (denied !== undefined) return { table: undefined, failure: denied };
    if (partitionKey === undefined)
      return {
        table: undefined,
        failure: { exception: 'ResourceNotFoundException', message: 'Requested resource not found' },
      };
    const reply = await this.#engine.invoke(
      'PutItem',
      JSON.stringify({
        TableName: table,
        Item: Object.fromEntries(item),
        ConditionExpression: 'attribute_not_exists(#key)',
        ExpressionAttributeNames: { '#key': partitionKey },
        ReturnConsumedCapacity: capacity,
      }),
    );
    if (reply.status === 200) {
      const written = parseJson(Written, reply.body);
      return { table, capacity: written.ok ? written.value.ConsumedCapacity : undefined, failure: undefined };
    }
    const failure = failureOf(reply);
    // Measured on DynamoDB by dynamodb-conformance of paritysuite: the table is named where the statement reached it.
    return { table: failure.exception === 'DuplicateItemException' ? table : undefined, failure };
  }

  #deniedBy(call: CallContext, table: string, keys: readonly string[]): StatementFailure | undefined {
    try {
      call.authorize(ACTION, this.#arnOf(table), keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': keys });
      return undefined;
    } catch (thrown) {
      if (thrown instanceof AwsError && thrown.code === 'AccessDenied')
        return { exception: 'AccessDeniedException', message: thrown.message };
      throw thrown;
    }
  }
}
