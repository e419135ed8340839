import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { answer } from './bench-child.ts';

/**
 * Answers as DynamoDB does to the few operations of the journal table, from memory, `delayMs` after each request. Keeps
 * the newest 200,000 items. Run as a process of its own, so that what the client spends is all that is measured.
 */
const Attribute = z.object({ S: z.string().optional(), N: z.string().optional() });
const Item = z.record(z.string(), Attribute);
type Item = z.infer<typeof Item>;
const Request = z.object({
  Item: Item.optional(),
  Key: Item.optional(),
  ConditionExpression: z.string().optional(),
  ScanIndexForward: z.boolean().optional(),
  Limit: z.number().optional(),
  ExpressionAttributeValues: Item.optional(),
  RequestItems: z
    .record(z.string(), z.array(z.object({ DeleteRequest: z.object({ Key: Item }) })))
    .optional(),
});

const MAX_ITEMS = 200_000;
const partitions = new Map<string, Map<string, Item>>();
const order: [string, string][] = [];
let calls = 0;
let byKind: Record<string, number> = {};

function put(item: Item, ifAbsent: boolean): boolean {
  const [pk, sk] = [item.pk?.S ?? '', item.sk?.S ?? ''];
  let partition = partitions.get(pk);
  if (partition === undefined) {
    partition = new Map();
    partitions.set(pk, partition);
  }
  if (ifAbsent && partition.has(sk)) return false;
  if (!partition.has(sk)) order.push([pk, sk]);
  partition.set(sk, item);
  if (order.length > 2 * MAX_ITEMS)
    for (const [oldPk, oldSk] of order.splice(0, MAX_ITEMS)) remove(oldPk, oldSk);
  return true;
}

function remove(pk: string, sk: string): void {
  const partition = partitions.get(pk);
  partition?.delete(sk);
  if (partition?.size === 0) partitions.delete(pk);
}

function respond(operation: string, text: string): { status: number; body: object } {
  const request = Request.parse(JSON.parse(text));
  switch (operation) {
    case 'PutItem':
      return put(
        request.Item ?? {},
        request.ConditionExpression?.startsWith('attribute_not_exists(#') === true,
      )
        ? { status: 200, body: {} }
        : {
            status: 400,
            body: {
              __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
              message: 'taken',
            },
          };
    case 'GetItem': {
      const found = partitions.get(request.Key?.pk?.S ?? '')?.get(request.Key?.sk?.S ?? '');
      return { status: 200, body: found === undefined ? {} : { Item: found } };
    }
    case 'DeleteItem':
      remove(request.Key?.pk?.S ?? '', request.Key?.sk?.S ?? '');
      return { status: 200, body: {} };
    case 'BatchWriteItem':
      for (const requests of Object.values(request.RequestItems ?? {}))
        for (const { DeleteRequest } of requests)
          remove(DeleteRequest.Key.pk?.S ?? '', DeleteRequest.Key.sk?.S ?? '');
      return { status: 200, body: { UnprocessedItems: {} } };
    case 'Query': {
      const values = request.ExpressionAttributeValues ?? {};
      const prefix = values[':sk']?.S ?? values[':upload']?.S ?? '';
      const partition = partitions.get(values[':pk']?.S ?? '') ?? new Map<string, Item>();
      const items = [...partition]
        .filter(([sk]) => sk.startsWith(prefix))
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([, item]) => item);
      if (request.ScanIndexForward === false) items.reverse();
      const some = items.slice(0, request.Limit ?? items.length);
      return { status: 200, body: { Items: some, Count: some.length } };
    }
    default:
      return { status: 400, body: { __type: 'UnknownOperationException', message: operation } };
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, delayMs: number): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  calls += 1;
  const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
  const text = Buffer.concat(chunks).toString('utf8');
  const kind = `${operation} ${/"(stream|upload|identity|execution|watch|proof|machine|waiting)#/.exec(text)?.[1] ?? ''}`;
  byKind[kind] = (byKind[kind] ?? 0) + 1;
  const { status, body } = respond(operation, text);
  const send = () => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(body));
  };
  if (delayMs === 0) send();
  else setTimeout(send, delayMs);
}

/** A store with a delay of its own for each request; and the two endpoints of the naive model. */
async function listen(delayMs: number): Promise<number> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (request.url?.startsWith('/naive') === true) {
      request.resume();
      request.once('end', () => {
        setTimeout(() => response.end('{}'), Number(request.headers['x-delay-ms']));
      });
      return;
    }
    void handle(request, response, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const ports = { atOnce: await listen(0), after4Ms: await listen(4) };
answer(() => {
  const answered = { ...ports, calls, byKind };
  calls = 0;
  byKind = {};
  return Promise.resolve(answered);
});
