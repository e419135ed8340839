import { createServer, type Server } from 'node:http';
import { createHash, createHmac } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDynamoDb, DynamoDbError, type DynamoDb } from './dynamodb.adapter.ts';
import { systemClock, type Timers } from '../clock.ts';

interface Seen {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
type Act = { readonly status: number; readonly body: string } | 'reset' | 'silence';

const OK: Act = { status: 200, body: '{"Item":{"pk":{"S":"a"}}}' };
const failing = (status: number, type: string): Act => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'for a test' }),
});

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
const KEY = { TableName: 't', Key: { pk: { S: 'Résumé ✓' }, sk: { S: 'b' } } };

describe('DynamoDB over plain HTTP', () => {
  let server: Server;
  let endpoint: string;
  let script: Act[];
  let seen: Seen[];
  let waits: number[];
  let dynamodb: DynamoDb;

  /** Waits are noted and over at once. */
  const timers: Timers = {
    after(delayMs, callback) {
      waits.push(delayMs);
      queueMicrotask(callback);
      return () => undefined;
    },
  };

  beforeEach(async () => {
    [script, seen, waits] = [[], [], []];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        seen.push({ path: request.url ?? '', headers, body: Buffer.concat(chunks).toString('utf8') });
        const act = script.shift() ?? OK;
        if (act === 'silence') return;
        if (act === 'reset') request.socket.resetAndDestroy();
        else response.writeHead(act.status).end(act.body);
      });
    });
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    const address = server.address();
    endpoint = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
    dynamodb = open({});
  });

  afterEach(async () => {
    await dynamodb.close();
    server.closeAllConnections();
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    await closed.promise;
  });

  function open(more: { readonly timeoutMs?: number }): DynamoDb {
    const client = new DynamoDBClient({
      endpoint: `${endpoint}/prefix`,
      region: 'eu-central-1',
      credentials,
    });
    return createDynamoDb({ client, clock: systemClock, timers, random: () => 0.999_999, ...more });
  }

  const failureOf = (operation: Promise<string>) =>
    operation.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

  it('gives back the text of the answer, and sends what it was given', async () => {
    expect(await dynamodb.send('GetItem', KEY)).toBe('{"Item":{"pk":{"S":"a"}}}');
    expect(seen[0]).toMatchObject({ path: '/prefix/', body: JSON.stringify(KEY) });
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      'x-amz-security-token': 'session',
    });
  });

  it('signs what it sends, by Signature Version 4', async () => {
    await dynamodb.send('GetItem', KEY);
    const { headers, body, path } = seen[0] ?? { headers: {}, body: '', path: '' };
    const parts =
      /Credential=([^/]+)\/(\d{8})\/([^/]+)\/dynamodb\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/;
    const [, id = '', day = '', region = '', names = '', signature] =
      parts.exec(headers['authorization'] ?? '') ?? [];
    expect([id, region]).toEqual(['AKIDEXAMPLE', 'eu-central-1']);
    expect(names.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token']));
    const sha = (text: string) => createHash('sha256').update(text).digest('hex');
    const signed = names.split(';').map((name) => `${name}:${headers[name] ?? ''}\n`);
    const canonical = ['POST', path, '', signed.join(''), names, sha(body)].join('\n');
    const scope = `${day}/${region}/dynamodb/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha(canonical)].join('\n');
    const key = [day, region, 'dynamodb', 'aws4_request'].reduce<string | Buffer>(
      (with_, part) => createHmac('sha256', with_).update(part).digest(),
      'AWS4secret',
    );
    expect(signature).toBe(createHmac('sha256', key).update(text).digest('hex'));
  });

  it('gives back the results of a batch of statements as they are, failed ones among them', async () => {
    const answer = '{"Responses":[{"Error":{"Code":"DuplicateItem"}},{"TableName":"t"}]}';
    script.push({ status: 200, body: answer });
    const Statements = [{ Statement: `INSERT INTO "t" VALUE {'pk': ?}`, Parameters: [{ S: 'a' }] }];
    expect(await dynamodb.send('BatchExecuteStatement', { Statements })).toBe(answer);
    expect(seen[0]?.headers['x-amz-target']).toBe('DynamoDB_20120810.BatchExecuteStatement');
  });

  it.each([
    ['a throttled table', failing(400, 'ProvisionedThroughputExceededException')],
    ['a throttled account', failing(400, 'ThrottlingException')],
    ['an internal error', failing(500, 'InternalServerError')],
    ['an answer of something in between', { status: 503, body: '<html>' }],
    ['a connection that breaks', 'reset'],
  ] as const)('tries again after %s, waiting longer each time', async (_name, act) => {
    script.push(act, act, act);
    expect(await dynamodb.send('GetItem', KEY)).toContain('Item');
    expect(seen).toHaveLength(4);
    expect(waits).toEqual([49, 99, 199]);
  });

  it('tries again when there is no answer for long', async () => {
    const impatient = open({ timeoutMs: 300 });
    script.push('silence');
    expect(await impatient.send('GetItem', KEY)).toContain('Item');
    expect(seen).toHaveLength(2);
    await impatient.close();
  });

  it('gives up after five times, and says why and that later may be better', async () => {
    for (let time = 0; time < 9; time += 1) script.push(failing(500, 'InternalServerError'));
    const failure = await failureOf(dynamodb.send('GetItem', KEY));
    expect(failure).toBeInstanceOf(DynamoDbError);
    expect(failure).toMatchObject({ retryable: true, reason: 'InternalServerError' });
    expect(seen).toHaveLength(5);
  });

  it.each(['ConditionalCheckFailedException', 'ValidationException', 'AccessDeniedException'])(
    'does not repeat what was refused with %s',
    async (type) => {
      script.push(failing(400, type));
      expect(await failureOf(dynamodb.send('PutItem', { TableName: 't', Item: {} }))).toMatchObject({
        code: 'KIT_DYNAMODB_FAILED',
        retryable: false,
        reason: type,
      });
      expect(seen).toHaveLength(1);
    },
  );

  it('says that it was closed, without trying', async () => {
    await dynamodb.send('GetItem', KEY);
    await dynamodb.close();
    expect(await failureOf(dynamodb.send('GetItem', KEY))).toMatchObject({ retryable: false });
    expect(waits).toEqual([]);
  });

  it('resolves its endpoint again when there was none to be found', async () => {
    const regions: string[] = [];
    const client = new DynamoDBClient({
      endpoint,
      region: (): Promise<string> => {
        const [region] = regions;
        return region === undefined ? Promise.reject(new Error('none')) : Promise.resolve(region);
      },
      credentials,
    });
    const late = createDynamoDb({ client, clock: systemClock, timers, random: Math.random });
    expect(await failureOf(late.send('GetItem', KEY))).toBeInstanceOf(DynamoDbError);
    regions.push('eu-west-1');
    expect(await late.send('GetItem', KEY)).toContain('Item');
    await late.close();
  });
});
