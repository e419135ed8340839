import { beforeEach, describe, expect, it } from '@jest/globals';
import { ExecutionArn, parseJson } from '@stepcast/contracts';
import { hexDigest, silentLogger, type Logger } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, JOURNAL_KEYS, QUEUE_NAMES } from '@stepcast/wire';
import type * as z from 'zod/v4/core';
import { readAudit } from '../audit.ts';
import type { HopMeasures } from '../ports.ts';
import { fakeOperator, type FakeOperator } from '../testing/fake-operator.ts';
import { IDENTITY, storeStream } from '../testing/stored-stream.ts';
import { createOperationsApi, type ApiRequest } from './api.ts';
import {
  ApiError,
  ChangeReply,
  HeldReply,
  HistoryReply,
  LettersReply,
  LookUpReply,
  PlanReply,
  Session,
  StatsReply,
  StepReply,
  StreamsReply,
} from './contract.ts';

const WHO = 'arn:aws:iam::111122223333:user/operator';
const ARN = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:Photo:up-1');
const SECRET = 'an input that nobody else may see';
const measures: HopMeasures = {
  history: (minutes) => Promise.resolve({ atMs: [minutes], lag: [], throughput: [], measured: 'a test' }),
};

let operator: FakeOperator;
let api: (request: ApiRequest) => Promise<{ readonly status: number; readonly body: object }>;
let logged: { readonly level: string; readonly fields: object; readonly message: string }[];

beforeEach(() => {
  operator = fakeOperator();
  logged = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => logged.push({ level: 'info', fields, message }),
    error: (fields, message) => logged.push({ level: 'error', fields, message }),
  };
  api = createOperationsApi({ operator, measures, logger, limitMs: 200 });
});

const get = (path: string, query: Readonly<Record<string, string>> = {}) =>
  api({ method: 'GET', path, query, body: undefined, who: WHO });
const post = (path: string, body: object) =>
  api({ method: 'POST', path, query: {}, body: JSON.stringify(body), who: WHO });

/** The reply as the page reads it. */
function read<S extends z.$ZodType>(schema: S, reply: { readonly body: object }): z.output<S> {
  const parsed = parseJson(schema, JSON.stringify(reply.body));
  if (parsed.ok) return parsed.value;
  throw new Error(`${JSON.stringify(parsed.issues)} in ${JSON.stringify(reply.body)}`);
}
const problem = (reply: { readonly body: object }) => read(ApiError, reply).error;
const audited = async () =>
  (await readAudit(operator.table, '2026-11', 50)).map(({ who, action, outcome, reason }) => [
    who,
    action,
    outcome,
    reason,
  ]);

function putLetter(code: string, queue: 'uploads' | 'status'): void {
  const letter = {
    version: 1,
    service: 'correlator',
    code,
    reason: 'it cannot be read',
    at: '2026-11-03T10:00:00.000Z',
    queue,
    original: JSON.stringify({ secret: SECRET }),
  };
  operator.put(QUEUE_NAMES.deadLetters, JSON.stringify(letter));
}

async function park(name: string): Promise<string> {
  const executionArn = `arn:aws:states:us-east-1:111122223333:execution:Photo:${name}`;
  const digest = hexDigest(executionArn);
  const record = {
    id: 1,
    type: 'ExecutionStarted',
    previousEventId: 0,
    timestampMs: 1,
    redriveCount: 0,
    details: {},
  };
  const body = {
    key: 'k',
    parkedMs: operator.nowMs - 5_000,
    records: [record],
    statuses: [],
    inputSeen: true,
  };
  const put = (pk: string, sk: string, value: object) =>
    operator.table.insert({
      [JOURNAL_KEYS.partition]: { S: pk },
      [JOURNAL_KEYS.sort]: { S: sk },
      [JOURNAL_KEYS.body]: { S: JSON.stringify(value) },
    });
  await put(correlationKeys.execution(digest), `${CORRELATION_KEYS.parkedPrefix}k`, body);
  const watch = correlationKeys.watch(digest);
  await put(watch.pk, watch.sk, { executionArn, sinceMs: operator.nowMs - 5_000 });
  return executionArn;
}

describe('what the page reads', () => {
  it('has who asks and where, and how often it may ask', async () => {
    expect(read(Session, await get('/session'))).toEqual({
      place: 'a test',
      who: WHO,
      poll: { queuesMs: 5_000, tableMs: 60_000 },
    });
  });

  it('counts what waits; with quick only the queues', async () => {
    putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    await park('up-1');
    const all = read(StatsReply, await get('/stats'));
    expect(all.waiting?.parked).toEqual({ executions: 1, records: 1, oldestMs: 5_000 });
    expect(all.deadLetters).toEqual([
      { code: 'CORRELATOR_UPLOAD_INVALID', letters: 1, oldestAt: '2026-11-03T10:00:00.000Z' },
    ]);
    expect(read(StatsReply, await get('/stats', { quick: '1' }))).toMatchObject({
      waiting: null,
      deadLetters: [],
    });
    expect(read(HistoryReply, await get('/history', { minutes: '30' })).atMs).toEqual([30]);
  });

  it('costs one scan where several pages ask at the same time, and is new after a change', async () => {
    const scan = operator.table.scan.bind(operator.table);
    let scans = 0;
    operator.table.scan = (filter) => {
      scans += 1;
      return scan(filter);
    };
    await Promise.all([get('/stats'), get('/stats'), get('/stats')]);
    const once = scans;
    await get('/stats');
    expect(scans).toBe(once);
    await post('/parked', { action: 'drop', executions: ['nothing'], reason: 'x' });
    const before = scans;
    await get('/stats');
    expect(scans - before).toBe(once);
  });

  it('has the newest streams, and the whole correlation of one', async () => {
    const uploadId = storeStream(operator, 'photo.png', 3);
    expect(read(StreamsReply, await get('/streams'))).toMatchObject({
      streams: [{ identityId: IDENTITY, uploadId, position: { offset: 3 } }],
      more: false,
    });
    const found = read(LookUpReply, await get('/lookup', { what: uploadId.slice(0, 8) }));
    expect(found).toMatchObject({
      kind: 'upload',
      uploads: [{ epochs: [{ firstOffset: 1, lastOffset: 3 }] }],
    });
  });

  it('has letters with the words of the runbook, and never what they carry', async () => {
    putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    operator.put(QUEUE_NAMES.deadLetters, SECRET);
    const reply = await get('/dead-letters');
    const { letters, explanations } = read(LettersReply, reply);
    expect(letters.map(({ code, backTo }) => [code, backTo])).toEqual([
      ['CORRELATOR_UPLOAD_INVALID', 'stepcast-uploads'],
      [null, null],
    ]);
    expect(explanations).toEqual([
      expect.objectContaining({
        code: 'CORRELATOR_UPLOAD_INVALID',
        mend: expect.stringMatching(/^Correct the notif/),
      }),
    ]);
    expect(JSON.stringify(reply)).not.toContain(SECRET);
    // Looked at and given back.
    expect(read(LettersReply, await get('/dead-letters')).letters).toHaveLength(2);
  });
});

describe('letters, which only one can have in hand', () => {
  it('are all seen by everybody who looks at the same time, and counted once while nothing changes', async () => {
    for (const code of ['CORRELATOR_UPLOAD_INVALID', 'CORRELATOR_STATUS_INVALID']) putLetter(code, 'uploads');
    const receive = operator.queues.receive.bind(operator.queues);
    let receives = 0;
    operator.queues.receive = (...from) => {
      receives += 1;
      return receive(...from);
    };
    const replies = await Promise.all([get('/dead-letters'), get('/stats'), get('/dead-letters')]);
    expect(
      replies.map((reply) => JSON.stringify(reply.body).split('CORRELATOR_STATUS_INVALID').length > 1),
    ).toEqual([true, true, true]);
    const before = receives;
    operator.nowMs += 60_000;
    expect(read(StatsReply, await get('/stats')).deadLetters).toHaveLength(2);
    expect(receives).toBe(before);
    putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    operator.nowMs += 60_000;
    expect(read(StatsReply, await get('/stats')).deadLetters.map(({ letters }) => letters)).toEqual([2, 1]);
  });
});

describe('what the page asks for and cannot have', () => {
  it.each([
    ['/lookup', { what: 'zz' }, 400, /too short/],
    ['/lookup', {}, 400, /what is missing/],
    ['/lookup', { what: '1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f' }, 400, /a user-pool sub, not an identity ID/],
    ['/lookup', { what: 's3://' }, 400, /is no object such as/],
    ['/lookup', { what: ARN }, 404, /nothing is known of/],
    ['/history', { minutes: 'many' }, 400, /minutes is no number/],
    ['/everything', {}, 404, /there is no GET \/everything/],
    ['/constructor', {}, 404, /there is no GET/],
  ])('%s %j is answered with %i and a line', async (path, query, status, line) => {
    const reply = await get(path, query);
    expect([reply.status, problem(reply).message]).toEqual([status, expect.stringMatching(line)]);
  });

  it('is a list of candidates where a beginning stands for several', async () => {
    for (const name of ['a.png', 'b.png']) storeStream(operator, name, 1);
    await park('up-1');
    await park('up-2');
    const reply = await get('/lookup', { what: 'up-' });
    expect(reply.status).toBe(409);
    expect(problem(reply).candidates).toHaveLength(2);
  });

  it('is told without its details where it is our fault, and in time where nobody answers', async () => {
    operator.table.scan = () => {
      throw new TypeError(SECRET);
    };
    const fault = await get('/parked');
    expect([fault.status, problem(fault).code]).toEqual([500, 'OPERATOR_FAULT']);
    expect(JSON.stringify(fault)).not.toContain(SECRET);
    expect(logged).toEqual([
      expect.objectContaining({ level: 'error', message: 'request of an operator failed' }),
    ]);
    operator.queues.depth = () => new Promise(() => undefined);
    const late = await get('/stats', { quick: '1' });
    expect([late.status, problem(late).retryable]).toEqual([504, true]);
  });
});

describe('what the page changes', () => {
  it('sends a letter back to its queue, once, and audits who did it', async () => {
    putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    putLetter('CORRELATOR_STATUS_INVALID', 'status');
    const reply = await post('/dead-letters', { action: 'retry', ids: ['id-0'] });
    expect(read(ChangeReply, reply)).toEqual({
      action: 'dead-letters retry',
      done: [{ subject: 'letter id-0 (CORRELATOR_UPLOAD_INVALID)', what: 'sent to stepcast-uploads' }],
      gone: [],
      stopped: null,
    });
    expect(operator.sent.get(QUEUE_NAMES.uploads)).toEqual([JSON.stringify({ secret: SECRET })]);
    expect(read(LettersReply, await get('/dead-letters')).letters.map(({ id }) => id)).toEqual(['id-1']);
    expect(await audited()).toEqual(
      expect.arrayContaining([
        [WHO, 'dead-letters retry', 'begun', null],
        [WHO, 'dead-letters retry', 'done', null],
      ]),
    );
    expect(logged).toEqual([
      expect.objectContaining({
        message: 'operator action',
        fields: expect.objectContaining({ who: WHO, outcome: 'begun' }),
      }),
      expect.objectContaining({
        message: 'operator action',
        fields: expect.objectContaining({ who: WHO, outcome: 'done' }),
      }),
    ]);
  });

  it('changes nothing without a reason where one is asked for, nor where a letter is not there', async () => {
    putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    for (const body of [
      { action: 'drop', ids: ['id-0'] },
      { action: 'drop', ids: ['id-0', 'id-7'], reason: 'x' },
    ])
      expect((await post('/dead-letters', body)).status).toBeGreaterThanOrEqual(400);
    expect(await audited()).toEqual([]);
    expect(read(LettersReply, await get('/dead-letters')).letters).toHaveLength(1);
    await post('/dead-letters', { action: 'drop', code: 'CORRELATOR_UPLOAD_INVALID', reason: 'a test' });
    expect(read(LettersReply, await get('/dead-letters')).letters).toEqual([]);
    expect(await audited()).toContainEqual([WHO, 'dead-letters drop', 'done', 'a test']);
  });

  it('changes nothing that the audit does not have', async () => {
    putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    operator.table.insert = () => Promise.reject(new TypeError('the table is away'));
    expect((await post('/dead-letters', { action: 'retry', ids: ['id-0'] })).status).toBe(500);
    expect(operator.sent.get(QUEUE_NAMES.uploads)).toBeUndefined();
    expect((await operator.queues.depth(QUEUE_NAMES.deadLetters))?.visible).toBe(1);
  });

  it('says how far it came where it stops on the way', async () => {
    for (const _ of [1, 2]) putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    const send = operator.queues.send.bind(operator.queues);
    let sends = 0;
    operator.queues.send = (...message) => {
      sends += 1;
      return sends > 1 ? Promise.reject(new Error('the queue is away')) : send(...message);
    };
    const reply = read(
      ChangeReply,
      await post('/dead-letters', { action: 'retry', code: 'CORRELATOR_UPLOAD_INVALID' }),
    );
    expect([reply.done.length, reply.stopped]).toEqual([1, 'the queue is away']);
    expect((await audited()).filter(([, , outcome]) => outcome === 'failed')).toHaveLength(1);
  });

  it('looks at parked records again, drops them with a reason, and says what is not there any more', async () => {
    const arn = await park('up-1');
    expect(read(HeldReply, await get('/parked')).executions).toEqual([
      expect.objectContaining({ executionArn: arn, help: expect.stringMatching(/^did an upload start it/) }),
    ]);
    const retried = read(ChangeReply, await post('/parked', { action: 'retry', executions: [arn] }));
    expect(retried.done[0]?.what).toBe('1 record sent to stepcast-events.fifo again');
    expect((await post('/parked', { action: 'release', executions: [arn], reason: 'x' })).status).toBe(400);
    expect((await post('/quarantine', { action: 'drop', executions: [arn], reason: 'x' })).status).toBe(404);
    await post('/parked', { action: 'drop', executions: [arn], reason: 'a test' });
    expect(read(HeldReply, await get('/parked')).executions).toEqual([]);
  });
});

describe('a replay from the page', () => {
  const plan = async (what: string) => read(PlanReply, await post('/replay/plan', { what }));
  const progress = () => operator.published.filter(({ topic }) => topic.endsWith('/events'));

  it('says first what would go out, and publishes nothing', async () => {
    const uploadId = storeStream(operator, 'photo.png', 3);
    expect(await plan(uploadId)).toMatchObject({ messages: 3, states: 1, overviews: 1, more: 0 });
    expect(operator.published).toEqual([]);
    expect(await audited()).toEqual([]);
    const empty = await post('/replay/plan', { from: '2999-01-01', to: '2999-01-02' });
    expect([empty.status, problem(empty).message]).toEqual([
      404,
      expect.stringMatching(/^nothing to replay/),
    ]);
  });

  it('publishes each offset once, marked as a replay, then what is retained, and is audited', async () => {
    const { selection } = await plan(storeStream(operator, 'photo.png', 3));
    const step = read(
      StepReply,
      await post('/replay/step', { selection, cursor: null, rate: 1_000, reason: 'a lost broker' }),
    );
    expect([step.finished, step.cursor.published]).toEqual([true, 3]);
    expect(progress().map(({ text }) => /"firstOffset":(\d+).*"replay":true/.exec(text)?.[1])).toEqual([
      '1',
      '2',
      '3',
    ]);
    expect(operator.published.filter(({ retain }) => retain)).toHaveLength(2);
    expect(await audited()).toEqual(
      expect.arrayContaining([
        [WHO, 'replay', 'begun', 'a lost broker'],
        [WHO, 'replay', 'done', 'a lost broker'],
      ]),
    );
  });

  it('goes on where it was when the broker went away: nothing is left out', async () => {
    const { selection } = await plan(storeStream(operator, 'photo.png', 5));
    operator.failPublications(2);
    const first = read(StepReply, await post('/replay/step', { selection, cursor: null, rate: 1_000 }));
    expect(first).toMatchObject({ finished: false, stopped: { retryable: true }, cursor: { published: 2 } });
    operator.failPublications(Number.POSITIVE_INFINITY);
    const second = read(
      StepReply,
      await post('/replay/step', { selection, cursor: first.cursor, rate: 1_000 }),
    );
    expect(second).toMatchObject({ finished: true, cursor: { published: 5 } });
    expect(progress().map(({ text }) => /"firstOffset":(\d+)/.exec(text)?.[1])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect((await audited()).filter(([, , outcome]) => outcome === 'begun')).toHaveLength(1);
  });

  it('is made of steps that end in time, and is the same as in one', async () => {
    for (const name of ['a.png', 'b.png']) storeStream(operator, name, 4);
    const { selection } = read(PlanReply, await post('/replay/plan', { all: true }));
    // A message takes two seconds; a step ends after three.
    const quick = await operator.broker.connect();
    operator.broker.connect = () =>
      Promise.resolve({
        publish(message) {
          operator.nowMs += 2_000;
          return quick.publish(message);
        },
        subscribe: () => Promise.resolve(),
        ended: new Promise<string>(() => undefined),
        close: () => Promise.resolve(),
      });
    let step = read(StepReply, await post('/replay/step', { selection, cursor: null, rate: 1_000 }));
    let steps = 1;
    for (; !step.finished; steps += 1)
      step = read(StepReply, await post('/replay/step', { selection, cursor: step.cursor, rate: 1_000 }));
    expect(steps).toBeGreaterThan(3);
    expect(step.cursor.published).toBe(8);
    expect(
      new Set(progress().map(({ topic, text }) => `${topic} ${/"firstOffset":(\d+)/.exec(text)?.[1] ?? ''}`))
        .size,
    ).toBe(8);
    expect(progress()).toHaveLength(8);
    expect(operator.published.some(({ topic }) => topic.endsWith('/overview'))).toBe(true);
  });
});
