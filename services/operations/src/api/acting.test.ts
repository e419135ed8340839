import { beforeEach, describe, expect, it } from 'vitest';
import { QUEUE_NAMES } from '@stepcast/wire';
import { createApiWorld, read, SECRET, WHO, type ApiWorld } from '../testing/api-world.ts';
import { ChangeReply, HeldReply, LettersReply } from './contract.ts';

let world: ApiWorld;
beforeEach(() => {
  world = createApiWorld();
});

describe('what the page changes', () => {
  it('sends a letter back to its queue, once, and audits who did it', async () => {
    world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    world.putLetter('CORRELATOR_STATUS_INVALID', 'status');
    const reply = await world.post('/dead-letters', { action: 'retry', ids: ['id-0'] });
    expect(read(ChangeReply, reply)).toEqual({
      action: 'dead-letters retry',
      done: [{ subject: 'letter id-0 (CORRELATOR_UPLOAD_INVALID)', what: 'sent to stepcast-uploads' }],
      gone: [],
      stopped: null,
    });
    expect(world.operator.sent.get(QUEUE_NAMES.uploads)).toEqual([JSON.stringify({ secret: SECRET })]);
    expect(read(LettersReply, await world.get('/dead-letters')).letters.map(({ id }) => id)).toEqual([
      'id-1',
    ]);
    expect(await world.audited()).toEqual(
      expect.arrayContaining([
        [WHO, 'dead-letters retry', 'begun', null],
        [WHO, 'dead-letters retry', 'done', null],
      ]),
    );
    expect(world.logged).toEqual([
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
    world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    for (const body of [
      { action: 'drop', ids: ['id-0'] },
      { action: 'drop', ids: ['id-0', 'id-7'], reason: 'x' },
      // A beginning: it dropped the letter.
      { action: 'drop', ids: ['id-'], reason: 'x' },
    ])
      expect((await world.post('/dead-letters', body)).status).toBeGreaterThanOrEqual(400);
    expect(await world.audited()).toEqual([]);
    expect(read(LettersReply, await world.get('/dead-letters')).letters).toHaveLength(1);
    await world.post('/dead-letters', {
      action: 'drop',
      code: 'CORRELATOR_UPLOAD_INVALID',
      reason: 'a test',
    });
    expect(read(LettersReply, await world.get('/dead-letters')).letters).toEqual([]);
    expect(await world.audited()).toContainEqual([WHO, 'dead-letters drop', 'done', 'a test']);
  });

  it('changes nothing that the audit does not have', async () => {
    world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    world.operator.table.insert = () => Promise.reject(new TypeError('the table is away'));
    expect((await world.post('/dead-letters', { action: 'retry', ids: ['id-0'] })).status).toBe(500);
    expect(world.operator.sent.get(QUEUE_NAMES.uploads)).toBeUndefined();
    expect((await world.operator.queues.depth(QUEUE_NAMES.deadLetters))?.visible).toBe(1);
  });

  it('says how far it came where it stops on the way', async () => {
    for (const _ of [1, 2]) world.putLetter('CORRELATOR_UPLOAD_INVALID', 'uploads');
    const send = world.operator.queues.send.bind(world.operator.queues);
    let sends = 0;
    world.operator.queues.send = (...message) => {
      sends += 1;
      return sends > 1 ? Promise.reject(new Error('the queue is away')) : send(...message);
    };
    const reply = read(
      ChangeReply,
      await world.post('/dead-letters', { action: 'retry', code: 'CORRELATOR_UPLOAD_INVALID' }),
    );
    expect([reply.done.length, reply.stopped]).toEqual([1, 'the queue is away']);
    expect((await world.audited()).filter(([, , outcome]) => outcome === 'failed')).toHaveLength(1);
  });

  it('has parked records checked again, drops them with a reason, and says what is not there any more', async () => {
    const arn = await world.park('up-1');
    expect(read(HeldReply, await world.get('/parked')).executions).toEqual([
      expect.objectContaining({ executionArn: arn, help: expect.stringMatching(/^did an upload start it/) }),
    ]);
    const retried = read(ChangeReply, await world.post('/parked', { action: 'retry', executions: [arn] }));
    expect(retried.done[0]?.what).toBe('1 record sent to stepcast-events.fifo again');
    expect((await world.post('/parked', { action: 'release', executions: [arn], reason: 'x' })).status).toBe(
      400,
    );
    expect((await world.post('/quarantine', { action: 'drop', executions: [arn], reason: 'x' })).status).toBe(
      404,
    );
    await world.post('/parked', { action: 'drop', executions: [arn], reason: 'a test' });
    expect(read(HeldReply, await world.get('/parked')).executions).toEqual([]);
  });
});
