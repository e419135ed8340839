import { beforeEach, describe, expect, it } from 'vitest';
import { ExecutionArn } from '@stepcast/contracts';
import { hexDigest } from '@stepcast/kit';
import { CORRELATION_KEYS, correlationKeys, JOURNAL_KEYS, QUEUE_NAMES } from '@stepcast/wire';
import { createApiWorld, problem, read, SECRET, WHO, type ApiWorld } from '../testing/api-world.ts';
import { IDENTITY, storeStream } from '../testing/stored-stream.ts';
import { HistoryReply, LettersReply, LookUpReply, Session, StatsReply, StreamsReply } from './contract.ts';

const ARN = ExecutionArn.parse('arn:aws:states:us-east-1:111122223333:execution:Photo:up-1');

let world: ApiWorld;
beforeEach(() => {
  world = createApiWorld();
});

describe('what the page reads', () => {
  it('has who asks and where, and how often it may ask', async () => {
    expect(read(Session, await world.get('/session'))).toEqual({
      place: 'a test',
      who: WHO,
      poll: { queuesMs: 5_000, tableMs: 60_000 },
    });
  });

  it('counts what waits; with quick only the queues', async () => {
    world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    await world.park('up-1');
    const all = read(StatsReply, await world.get('/stats'));
    expect(all.waiting?.parked).toEqual({ executions: 1, records: 1, oldestMs: 5_000 });
    // Records of a quarantined execution counted as parked, too: the page said that five waited, and listed four.
    const contested = await world.park('up-2');
    await world.operator.table.insert({
      [JOURNAL_KEYS.partition]: { S: correlationKeys.execution(hexDigest(contested)) },
      [JOURNAL_KEYS.sort]: { S: CORRELATION_KEYS.owner },
      [JOURNAL_KEYS.body]: { S: JSON.stringify({ kind: 'quarantined', reason: 'a test' }) },
    });
    world.operator.nowMs += 60_000;
    const { waiting } = read(StatsReply, await world.get('/stats'));
    expect([waiting?.parked.executions, waiting?.parked.records, waiting?.quarantined]).toEqual([1, 1, 1]);
    expect(all.deadLetters).toEqual([
      { code: 'CORRELATOR_UPLOAD_INVALID', letters: 1, oldestAt: '2026-11-03T10:00:00.000Z' },
    ]);
    expect(read(StatsReply, await world.get('/stats', { quick: '1' }))).toMatchObject({
      waiting: null,
      deadLetters: [],
    });
    expect(read(HistoryReply, await world.get('/history', { minutes: '30' })).atMs).toEqual([30]);
  });

  it('costs one scan where several pages ask at the same time, and is new after a change', async () => {
    const scan = world.operator.table.scan.bind(world.operator.table);
    let scans = 0;
    world.operator.table.scan = (filter) => {
      scans += 1;
      return scan(filter);
    };
    await Promise.all([world.get('/stats'), world.get('/stats'), world.get('/stats')]);
    const once = scans;
    await world.get('/stats');
    expect(scans).toBe(once);
    await world.post('/parked', { action: 'drop', executions: ['nothing'], reason: 'x' });
    const before = scans;
    await world.get('/stats');
    expect(scans - before).toBe(once);
  });

  it('has the newest streams, and the whole correlation of one', async () => {
    const uploadId = storeStream(world.operator, 'photo.png', 3);
    expect(read(StreamsReply, await world.get('/streams'))).toMatchObject({
      streams: [{ identityId: IDENTITY, uploadId, position: { offset: 3 } }],
      more: false,
    });
    const found = read(LookUpReply, await world.get('/lookup', { what: uploadId.slice(0, 8) }));
    expect(found).toMatchObject({
      kind: 'upload',
      uploads: [{ epochs: [{ firstOffset: 1, lastOffset: 3 }] }],
    });
  });

  it('has letters with the words of the runbook, and never what they carry', async () => {
    world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    world.operator.put(QUEUE_NAMES.deadLetters, SECRET);
    const reply = await world.get('/dead-letters');
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
    // Read and given back.
    expect(read(LettersReply, await world.get('/dead-letters')).letters).toHaveLength(2);
  });
});

describe('letters, which only one can have in hand', () => {
  it('are all seen by everybody who asks at the same time, and counted once while nothing changes', async () => {
    for (const code of ['CORRELATOR_UPLOAD_INVALID', 'CORRELATOR_STATUS_INVALID'])
      world.putLetter(code, 'uploads');
    const receive = world.operator.queues.receive.bind(world.operator.queues);
    let receives = 0;
    world.operator.queues.receive = (...from) => {
      receives += 1;
      return receive(...from);
    };
    const replies = await Promise.all([
      world.get('/dead-letters'),
      world.get('/stats'),
      world.get('/dead-letters'),
    ]);
    expect(
      replies.map((reply) => JSON.stringify(reply.body).split('CORRELATOR_STATUS_INVALID').length > 1),
    ).toEqual([true, true, true]);
    const before = receives;
    world.operator.nowMs += 60_000;
    expect(read(StatsReply, await world.get('/stats')).deadLetters).toHaveLength(2);
    expect(receives).toBe(before);
    world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    world.operator.nowMs += 60_000;
    expect(read(StatsReply, await world.get('/stats')).deadLetters.map(({ letters }) => letters)).toEqual([
      2, 1,
    ]);
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
    const reply = await world.get(path, query);
    expect([reply.status, problem(reply).message]).toEqual([status, expect.stringMatching(line)]);
  });

  it('is a list of candidates where a beginning stands for several', async () => {
    for (const name of ['a.png', 'b.png']) storeStream(world.operator, name, 1);
    await world.park('up-1');
    await world.park('up-2');
    const reply = await world.get('/lookup', { what: 'up-' });
    expect(reply.status).toBe(409);
    expect(problem(reply).candidates).toHaveLength(2);
  });

  it('is reported without its details where it is our fault, and in time where nobody answers', async () => {
    world = createApiWorld(200);
    world.operator.table.scan = () => {
      throw new TypeError(SECRET);
    };
    const fault = await world.get('/parked');
    expect([fault.status, problem(fault).code]).toEqual([500, 'OPERATOR_FAULT']);
    expect(JSON.stringify(fault)).not.toContain(SECRET);
    expect(world.logged).toEqual([
      expect.objectContaining({ level: 'error', message: 'request of an operator failed' }),
    ]);
    world.operator.queues.depth = () => new Promise(() => undefined);
    const late = await world.get('/stats', { quick: '1' });
    expect([late.status, problem(late).retryable]).toEqual([504, true]);
  });
});
