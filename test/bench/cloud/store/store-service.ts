import * as z from 'zod';
import { Refusal } from '../aws-json.ts';
import { itemBytes, readUnitsOf, writeUnitsOf } from '../../cost/item-size.ts';
import { textOf, type Item } from './items.ts';
import { keyConditionOf, type KeyCondition } from './key-condition.ts';
import { StubTable } from './table.ts';

/** What was asked of the store. */
export interface StoreCounts {
  readonly calls: number;
  /** Calls by operation and by what begins the key of their first item, as in `BatchExecuteStatement stream`. */
  readonly callsByKind: Readonly<Record<string, number>>;
  /** INSERTs within calls. */
  readonly statements: number;
  readonly writeUnits: number;
  /** Write units by what begins the key. */
  readonly writeUnitsByKind: Readonly<Record<string, number>>;
  readonly readUnits: number;
}

const Value = z.custom<Item[string]>((value) => typeof value === 'object' && value !== null);
const Item = z.record(z.string(), Value);
const KeyOnly = z.object({ Key: Item });
const Put = z.object({
  Item,
  ConditionExpression: z.string().optional(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: Item.default({}),
});
const Query = z.object({
  KeyConditionExpression: z.string(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: Item,
  ScanIndexForward: z.boolean().default(true),
  Limit: z.number().default(1_000),
  ExclusiveStartKey: Item.optional(),
  ProjectionExpression: z.string().optional(),
});
const Batch = z.object({
  RequestItems: z.record(
    z.string(),
    z.array(
      z.object({
        DeleteRequest: z.object({ Key: Item }).optional(),
        PutRequest: z.object({ Item }).optional(),
      }),
    ),
  ),
});
const Statements = z.object({
  Statements: z.array(z.object({ Statement: z.string(), Parameters: z.array(Value) })).max(25),
});

const EQUALS = /^(#\w+) = (:\w+)$/;
const INSERT = /^INSERT INTO "[^"]+" VALUE \{(.*)\}$/;
const ATTRIBUTE = /^'([^']+)': \?$/;

/**
 * As much of DynamoDB as the journal table is asked for: conditional PutItem, GetItem, DeleteItem, Query,
 * BatchWriteItem, and INSERTs of BatchExecuteStatement with a result each. Everything else is refused by name.
 */
export class StubStore {
  readonly #table: StubTable;
  /** Attribute names of statements that were read before. */
  readonly #statements = new Map<string, readonly string[]>();
  #counts = emptyCounts();

  constructor(options: { readonly maxItems: number }) {
    this.#table = new StubTable(options.maxItems);
  }

  /** Counts since they were taken last. */
  takeCounts(): StoreCounts {
    const counts = this.#counts;
    this.#counts = emptyCounts();
    return counts;
  }

  readonly service = (operation: string, request: unknown): object => {
    this.#counts.calls += 1;
    switch (operation) {
      case 'PutItem':
        return this.#put(Put.parse(request));
      case 'GetItem':
        return this.#get(KeyOnly.parse(request).Key);
      case 'DeleteItem': {
        const { Key } = KeyOnly.parse(request);
        this.#note(operation, Key);
        this.#delete(Key);
        return {};
      }
      case 'Query':
        return this.#query(Query.parse(request));
      case 'BatchWriteItem':
        return this.#writeAll(Batch.parse(request));
      case 'BatchExecuteStatement':
        return this.#execute(Statements.parse(request));
      default:
        throw new Refusal('UnknownOperationException', operation);
    }
  };

  #note(operation: string, item: Item | undefined): void {
    const kind = `${operation} ${kindOf(item)}`;
    this.#counts.callsByKind[kind] = (this.#counts.callsByKind[kind] ?? 0) + 1;
  }

  #countUnits(item: Item, units: number): void {
    const kind = kindOf(item);
    this.#counts.writeUnits += units;
    this.#counts.writeUnitsByKind[kind] = (this.#counts.writeUnitsByKind[kind] ?? 0) + units;
  }

  #store(item: Item): void {
    const { bytes, bytesBefore } = this.#table.put(item);
    this.#countUnits(item, writeUnitsOf(Math.max(bytes, bytesBefore)));
  }

  #delete(key: Item): void {
    this.#countUnits(key, writeUnitsOf(this.#table.delete(textOf(key, 'pk'), textOf(key, 'sk'))));
  }

  #there(key: Item): Item | undefined {
    return this.#table.get(textOf(key, 'pk'), textOf(key, 'sk'));
  }

  /** @returns whether it was written; a refused write costs the units of what is there */
  #insert(item: Item): boolean {
    const there = this.#there(item);
    if (there === undefined) this.#store(item);
    else this.#countUnits(item, writeUnitsOf(itemBytes(there)));
    return there === undefined;
  }

  #put(request: z.output<typeof Put>): object {
    const { Item: item, ConditionExpression: condition } = request;
    this.#note('PutItem', item);
    if (condition === undefined) this.#store(item);
    else if (condition.startsWith('attribute_not_exists(')) {
      if (!this.#insert(item)) throw new Refusal('ConditionalCheckFailedException');
    } else {
      const [, name = '', value = ''] = EQUALS.exec(condition) ?? [];
      const attribute = request.ExpressionAttributeNames[name];
      const there = this.#there(item);
      const wanted = request.ExpressionAttributeValues[value];
      if (attribute === undefined || wanted === undefined)
        throw new Refusal('ValidationException', `condition ${condition}`);
      if (there === undefined || textOf(there, attribute) !== ('S' in wanted ? wanted.S : undefined)) {
        this.#countUnits(item, 1);
        throw new Refusal('ConditionalCheckFailedException');
      }
      this.#store(item);
    }
    return {};
  }

  #get(key: Item): object {
    this.#note('GetItem', key);
    const item = this.#there(key);
    this.#counts.readUnits += readUnitsOf(item === undefined ? 0 : itemBytes(item));
    return item === undefined ? {} : { Item: item };
  }

  #query(request: z.output<typeof Query>): object {
    const condition: KeyCondition | undefined = keyConditionOf(request);
    if (condition === undefined) throw new Refusal('ValidationException', request.KeyConditionExpression);
    this.#note('Query', { pk: { S: condition.pk } });
    const { items, lastKey } = this.#table.query({
      ...condition,
      newestFirst: !request.ScanIndexForward,
      limit: request.Limit,
      after: request.ExclusiveStartKey === undefined ? undefined : textOf(request.ExclusiveStartKey, 'sk'),
    });
    this.#counts.readUnits += readUnitsOf(items.reduce((sum, item) => sum + itemBytes(item), 0));
    const names = request.ProjectionExpression?.split(',').map((name) => name.trim());
    return {
      Items:
        names === undefined
          ? items
          : items.map((item) =>
              Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name))),
            ),
      Count: items.length,
      ...(lastKey === undefined ? {} : { LastEvaluatedKey: { pk: { S: condition.pk }, sk: { S: lastKey } } }),
    };
  }

  #writeAll({ RequestItems }: z.output<typeof Batch>): object {
    const requests = Object.values(RequestItems).flat();
    this.#note('BatchWriteItem', requests[0]?.PutRequest?.Item ?? requests[0]?.DeleteRequest?.Key);
    for (const { DeleteRequest, PutRequest } of requests) {
      if (DeleteRequest !== undefined) this.#delete(DeleteRequest.Key);
      if (PutRequest !== undefined) this.#store(PutRequest.Item);
    }
    return { UnprocessedItems: {} };
  }

  #execute({ Statements: statements }: z.output<typeof Statements>): object {
    const items = statements.map(({ Statement, Parameters }) => this.#itemOf(Statement, Parameters));
    this.#note('BatchExecuteStatement', items[0]);
    this.#counts.statements += items.length;
    const keys = new Set(items.map((item) => `${textOf(item, 'pk')}\n${textOf(item, 'sk')}`));
    if (keys.size < items.length)
      throw new Refusal('ValidationException', 'Provided list of item keys contains duplicates');
    return {
      Responses: items.map((item) =>
        this.#insert(item)
          ? { TableName: 'stub' }
          : { Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } },
      ),
    };
  }

  #itemOf(statement: string, parameters: readonly Item[string][]): Item {
    const names = this.#statements.get(statement) ?? attributesOf(statement);
    if (names.length !== parameters.length)
      throw new Refusal('ValidationException', `${parameters.length} parameters for ${statement}`);
    if (this.#statements.size < 1_000) this.#statements.set(statement, names);
    return Object.fromEntries(names.map((name, index) => [name, parameters[index] ?? { NULL: true }]));
  }
}

/** @throws Refusal for anything but an INSERT whose values are all parameters */
function attributesOf(statement: string): readonly string[] {
  const list = INSERT.exec(statement)?.[1];
  if (list === undefined) throw new Refusal('ValidationException', statement);
  return list.split(', ').map((entry) => {
    const name = ATTRIBUTE.exec(entry)?.[1];
    if (name === undefined) throw new Refusal('ValidationException', entry);
    return name;
  });
}

/** What begins a key: `stream` of `stream#…`. */
function kindOf(item: Item | undefined): string {
  return textOf(item, 'pk').split('#', 1)[0] ?? '';
}

function emptyCounts() {
  return {
    calls: 0,
    callsByKind: {} as Record<string, number>,
    statements: 0,
    writeUnits: 0,
    writeUnitsByKind: {} as Record<string, number>,
    readUnits: 0,
  };
}
