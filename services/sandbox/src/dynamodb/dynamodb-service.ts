import {
  AwsError,
  type CallContext,
  forgetful,
  type HttpService,
  type Keeper,
  notImplemented,
  type ServiceReply,
  type ServiceRequest,
} from '../core/index.ts';
import { DynaliteEngine } from './dynalite-engine.ts';
import { leadingKeysOf, partitionKeyOf } from './leading-keys.ts';
import { PartiQlInserts } from './partiql/partiql-inserts.ts';
import {
  type DynamoInput,
  type DynamoNames,
  isEngineOperation,
  isOwnOperation,
  type OwnOperation,
  parseInput,
  refuseDropped,
  resourcesOf,
  tableArn,
} from './requests.ts';
import { TimeToLive } from './time-to-live.ts';

const TARGET = 'DynamoDB_20120810.';
/** DynamoDB's own limit of a request. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const CONTENT_TYPE = 'application/x-amz-json-1.0';

export interface DynamoDbServiceOptions extends DynamoNames {
  /** Directory in which tables are stored from run to run; in memory when undefined. */
  readonly path: string | undefined;
  /** Where settings are stored that tables do not hold. Default: nowhere. */
  readonly keeper?: Keeper | undefined;
}

export interface DynamoDbService {
  readonly service: HttpService;
  tableArn(table: string): string;
  /** Deletes what has expired in tables with a time to live; call it now and then. Returns how many items went. */
  sweepExpired(nowMs: number): Promise<number>;
  /** Writes what is open to disk; what comes after is refused. */
  close(): Promise<void>;
}

/** dynalite writes ARNs of its own account and region, and only into descriptions of tables. */
function withOwnArns(names: DynamoNames, operation: string, body: string): string {
  return operation.endsWith('Table')
    ? body.replaceAll(/arn:aws:dynamodb:[a-z0-9-]*:\d*:table\//g, tableArn(names, ''))
    : body;
}

interface Parts {
  readonly engine: DynaliteEngine;
  readonly timeToLive: TimeToLive;
  readonly inserts: PartiQlInserts;
  readonly names: DynamoNames;
  /** Partition keys by table; a table keeps its own for as long as it is there. */
  readonly partitionKeys: Map<string, string>;
}

function runOwn(
  { timeToLive, inserts }: Parts,
  operation: OwnOperation,
  input: DynamoInput,
  call: CallContext,
): Promise<unknown> {
  switch (operation) {
    case 'BatchExecuteStatement':
      return inserts.executeBatch(input, call);
    case 'DescribeTimeToLive':
      return timeToLive.describe(input.TableName ?? '');
    case 'ExecuteStatement':
      return inserts.execute(input, call);
    case 'UpdateTimeToLive':
      return timeToLive.update(input);
  }
}

/** Condition keys of a request: the partition keys that it names, where it names any. */
async function contextOf(
  { engine, partitionKeys }: Parts,
  operation: string,
  input: DynamoInput,
  table: string | undefined,
): Promise<Readonly<Record<string, readonly string[]>>> {
  if (table === undefined) return {};
  const partitionKey = partitionKeys.get(table) ?? (await partitionKeyOf(engine, table));
  if (partitionKey === undefined) return {};
  partitionKeys.set(table, partitionKey);
  const keys = leadingKeysOf(operation, input, { table, partitionKey });
  return keys.length === 0 ? {} : { 'dynamodb:LeadingKeys': keys };
}

async function handle(parts: Parts, request: ServiceRequest, call: CallContext): Promise<ServiceReply> {
  const { engine, names } = parts;
  const target = request.headers['x-amz-target'] ?? '';
  if (request.method !== 'POST' || !target.startsWith(TARGET))
    throw notImplemented(`DynamoDB without X-Amz-Target: ${TARGET}…`);
  const operation = target.slice(TARGET.length);
  if (!isEngineOperation(operation) && !isOwnOperation(operation))
    throw notImplemented(`DynamoDB ${operation}`);
  const input = parseInput(request.body.toString('utf8'));
  if (engine.closed) throw new AwsError('InternalServerError', 500, 'The sandbox is stopping.');
  for (const { arn, table } of resourcesOf(names, operation, input))
    call.authorize(`dynamodb:${operation}`, arn, await contextOf(parts, operation, input, table));
  if (operation === 'DeleteTable') {
    parts.partitionKeys.delete(input.TableName ?? '');
    parts.timeToLive.forget(input.TableName ?? '');
  }
  refuseDropped(input);
  if (isOwnOperation(operation)) {
    const output = await runOwn(parts, operation, input, call);
    return { status: 200, headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(output) };
  }
  const reply = await engine.invoke(operation, request.body);
  return {
    status: reply.status,
    headers: { 'content-type': reply.contentType },
    body: withOwnArns(names, operation, reply.body),
  };
}

/**
 * DynamoDB for SDK clients, by dynalite.
 *
 * Not there, and answered `NotImplemented`: transactions, PartiQL but for INSERT with parameters, streams, backups, tags,
 * and `ReturnValuesOnConditionCheckFailure`. The condition key `dynamodb:LeadingKeys` is given to the authorizer for
 * what names partition keys of a table: not for a scan, an index, or a query with `KeyConditions`.
 */
export function createDynamoDbService(options: DynamoDbServiceOptions): DynamoDbService {
  const names: DynamoNames = { accountId: options.accountId, region: options.region };
  const engine = new DynaliteEngine(options.path);
  const parts: Parts = {
    engine,
    timeToLive: new TimeToLive(engine, options.keeper ?? forgetful),
    inserts: new PartiQlInserts(engine, (table) => tableArn(names, table)),
    names,
    partitionKeys: new Map(),
  };
  return {
    service: {
      name: 'DynamoDB',
      signingName: 'dynamodb',
      pathEscaping: 'twice',
      errorWire: 'json-1.0',
      bufferBody: { maxBytes: MAX_BODY_BYTES },
      isPublic: () => false,
      handle: (request, call) => handle(parts, request, call),
    },
    tableArn: (table) => tableArn(names, table),
    sweepExpired: (nowMs) => parts.timeToLive.sweep(nowMs),
    close: () => engine.close(),
  };
}
