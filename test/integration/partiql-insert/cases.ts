import type { BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import { insertOf, newItem, type Item, type Outcome } from './insert.ts';

/** A batch of bad and good neighbours: what each statement of it comes to. */
export interface Case {
  readonly name: string;
  readonly statements: (table: string) => readonly (readonly [BatchStatementRequest, Outcome])[];
}

const good = (table: string): readonly [BatchStatementRequest, Outcome] => [
  insertOf(table, newItem()),
  'written',
];
const between =
  (statement: (table: string) => BatchStatementRequest, outcome: Outcome): Case['statements'] =>
  (table) => [good(table), [statement(table), outcome], good(table)];
const withItem = (item: () => Item, outcome: Outcome) => between((table) => insertOf(table, item()), outcome);

export const cases: readonly Case[] = [
  {
    name: 'a table that is not there',
    statements: between(() => insertOf('stepcast-no-such-table', newItem()), 'ResourceNotFound'),
  },
  {
    name: 'an empty partition key',
    statements: withItem(() => ({ ...newItem(), pk: { S: '' } }), 'ValidationError'),
  },
  {
    name: 'an empty sort key',
    statements: withItem(() => ({ ...newItem(), sk: { S: '' } }), 'ValidationError'),
  },
  {
    name: 'no sort key',
    statements: withItem(() => ({ pk: { S: 'without a sort key' } }), 'ValidationError'),
  },
  {
    name: 'a key of another type',
    statements: withItem(() => ({ ...newItem(), sk: { N: '1' } }), 'ValidationError'),
  },
  {
    name: 'an item of more than 400 KB',
    statements: withItem(() => newItem({ body: { S: 'x'.repeat(400 * 1024) } }), 'ValidationError'),
  },
  {
    name: 'a number of more than 38 digits',
    statements: withItem(() => newItem({ n: { N: '1'.repeat(39) } }), 'ValidationError'),
  },
  {
    name: 'fewer parameters than the statement has',
    statements: between((table) => {
      const { Statement, Parameters = [] } = insertOf(table, newItem());
      return { Statement, Parameters: Parameters.slice(1) };
    }, 'ValidationError'),
  },
  {
    name: 'more parameters than the statement has',
    statements: between((table) => {
      const { Statement, Parameters = [] } = insertOf(table, newItem());
      return { Statement, Parameters: [...Parameters, { S: 'more' }] };
    }, 'ValidationError'),
  },
  ...[
    ['a word that is no statement', (table: string) => `INSRT INTO "${table}" VALUE {'pk': ?, 'sk': ?}`],
    ['a word behind its end', (table: string) => `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?} more`],
    ['a quote that does not end', (table: string) => `INSERT INTO "${table}" VALUE {'pk: ?, 'sk': ?}`],
    ['a brace that does not close', (table: string) => `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?`],
  ].map(([name, statement]): Case => ({
    name: `a statement with ${String(name)}`,
    statements: between(
      (table) => ({
        Statement: typeof statement === 'function' ? statement(table) : '',
        Parameters: [{ S: 'malformed' }, { S: '1' }],
      }),
      'ValidationError',
    ),
  })),
];

/** Where an emulator answers otherwise, and why DynamoDB does not. A difference that is gone fails its test. */
export interface Difference {
  readonly target: string;
  readonly of: string;
  /** Of the statement; or the exception that refuses the whole batch. */
  readonly theirs: Outcome;
  readonly wholeBatch?: true;
  readonly why: string;
}

export function differenceIn(target: string, of: string): Difference | undefined {
  return differences.find((one) => one.target === target && one.of === of);
}

const differences: readonly Difference[] = [
  {
    target: 'MiniStack',
    of: 'an empty sort key',
    theirs: 'written',
    why: 'they "must have a length greater than zero if the attribute is used as a key attribute" (API reference, PutItem)',
  },
  {
    target: 'MiniStack',
    of: 'no sort key',
    theirs: 'written',
    why: 'with a composite key "you must provide both values" (API reference, PutItem)',
  },
  {
    target: 'MiniStack',
    of: 'a key of another type',
    theirs: 'written',
    why: 'data types of key attributes "must match those of the schema" (API reference, PutItem)',
  },
  {
    target: 'MiniStack',
    of: 'a number of more than 38 digits',
    theirs: 'written',
    why: 'numbers have "up to 38 digits of precision. Exceeding this results in an exception" (developer guide, data types)',
  },
  {
    target: 'MiniStack',
    of: 'more parameters than the statement has',
    theirs: 'written',
    why: 'not documented; DynamoDB’s message for fewer says that the numbers must match, and the sandbox takes it at its word',
  },
  {
    target: 'DynamoDB Local',
    of: 'a number of more than 38 digits',
    theirs: 'ValidationException',
    wholeBatch: true,
    why: 'errors of one statement are in its own response (developer guide, "Running batch operations with PartiQL")',
  },
  {
    target: 'DynamoDB Local',
    of: 'more parameters than the statement has',
    theirs: 'written',
    why: 'not documented; see MiniStack',
  },
  {
    target: 'DynamoDB Local',
    of: 'one key twice',
    theirs: 'ValidationException',
    wholeBatch: true,
    why: 'not known; but it writes the first statement before it refuses the batch, which no answer of DynamoDB says',
  },
  {
    target: 'DynamoDB Local',
    of: 'a duplicate, sent alone',
    theirs: 'DuplicateItem',
    why: 'the exception is DuplicateItemException (API reference, ExecuteStatement)',
  },
  {
    target: 'DynamoDB Local',
    of: 'consumed capacity',
    theirs: 'none',
    why: 'it is returned when it is asked for (API reference, BatchExecuteStatement)',
  },
];
