import { parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type Keeper } from '../core/index.ts';
import type { DynaliteEngine, EngineReply } from './dynalite-engine.ts';

const Update = z.looseObject({
  TableName: z.string(),
  TimeToLiveSpecification: z.object({ AttributeName: z.string().min(1), Enabled: z.boolean() }),
});
const Described = z.looseObject({
  Table: z.looseObject({ KeySchema: z.array(z.looseObject({ AttributeName: z.string() })) }),
});
const Page = z.looseObject({
  Items: z.array(z.record(z.string(), z.unknown())),
  LastEvaluatedKey: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Time to live, which dynalite lacks: which attribute of which table, and a sweep that deletes what has expired.
 */
export class TimeToLive {
  readonly #engine: DynaliteEngine;
  readonly #keeper: Keeper;
  /** By table. */
  readonly #attributes: Map<string, string>;

  constructor(engine: DynaliteEngine, keeper: Keeper) {
    this.#engine = engine;
    this.#keeper = keeper;
    this.#attributes = new Map(keeper.entries());
  }

  /** @throws AwsError `ValidationException`, or what DynamoDB says of a table that is not there */
  async update(input: unknown): Promise<unknown> {
    const parsed = parseValue(Update, input);
    if (!parsed.ok)
      throw new AwsError(
        'com.amazon.coral.validate#ValidationException',
        400,
        parsed.issues.map(({ path, problem }) => `${path}: ${problem}`).join('; '),
      );
    const { TableName, TimeToLiveSpecification: specification } = parsed.value;
    await this.#keyNames(TableName);
    if (specification.Enabled) {
      this.#attributes.set(TableName, specification.AttributeName);
      this.#keeper.put(TableName, specification.AttributeName);
    } else this.forget(TableName);
    return { TimeToLiveSpecification: specification };
  }

  /** The table has gone, or its items do not expire any more. */
  forget(table: string): void {
    this.#attributes.delete(table);
    this.#keeper.delete(table);
  }

  async describe(table: string): Promise<unknown> {
    await this.#keyNames(table);
    const AttributeName = this.#attributes.get(table);
    return {
      TimeToLiveDescription:
        AttributeName === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName },
    };
  }

  /**
   * Deletes every item whose attribute is a time in the past. AWS takes up to days for that; readers must not rely on it.
   * @param nowMs milliseconds since the epoch; the attribute is in seconds
   * @returns how many items were deleted
   */
  async sweep(nowMs: number): Promise<number> {
    const now = String(Math.floor(nowMs / 1000));
    let deleted = 0;
    for (const [table, attribute] of this.#attributes)
      deleted += await this.#sweepTable(table, attribute, now);
    return deleted;
  }

  async #sweepTable(table: string, attribute: string, now: string): Promise<number> {
    const expired = {
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: now } },
    };
    const keyNames = await this.#keyNames(table);
    let deleted = 0;
    let start: Record<string, unknown> | undefined;
    do {
      const reply = await this.#run('Scan', {
        TableName: table,
        FilterExpression: '#ttl < :now',
        ExclusiveStartKey: start,
        ...expired,
      });
      const page = parseJson(Page, reply.body);
      if (!page.ok) throw new Error(`scan of ${table} for expired items gave no page`);
      for (const item of page.value.Items) {
        const Key = Object.fromEntries(keyNames.map((name) => [name, item[name]]));
        // Again as a condition: it may have been written anew since it was read.
        const outcome = await this.#engine.invoke(
          'DeleteItem',
          JSON.stringify({ TableName: table, Key, ConditionExpression: '#ttl < :now', ...expired }),
        );
        if (outcome.status === 200) deleted++;
      }
      start = page.value.LastEvaluatedKey;
    } while (start !== undefined);
    return deleted;
  }

  async #keyNames(table: string): Promise<string[]> {
    const described = parseJson(Described, (await this.#run('DescribeTable', { TableName: table })).body);
    if (!described.ok) throw new Error(`${table} could not be described`);
    return described.value.Table.KeySchema.map((key) => key.AttributeName);
  }

  async #run(operation: string, input: unknown): Promise<EngineReply> {
    const reply = await this.#engine.invoke(operation, JSON.stringify(input));
    if (reply.status === 200) return reply;
    const error = parseJson(
      z.looseObject({ __type: z.string(), message: z.string().optional() }),
      reply.body,
    );
    throw error.ok
      ? new AwsError(error.value.__type, reply.status, error.value.message ?? error.value.__type)
      : new Error(`DynamoDB ${operation} answered ${reply.status}`);
  }
}
