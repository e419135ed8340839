import { beforeEach, describe, expect, it } from 'vitest';
import { readAudit } from '../audit-reading.ts';
import { createApiWorld, problem, read, WHO, type ApiWorld } from '../testing/api-world.ts';
import { storeStream } from '../testing/stored-stream.ts';
import { PlanReply, StepReply, StopReply } from './contract.ts';

let world: ApiWorld;
beforeEach(() => {
  world = createApiWorld();
});

describe('a replay from the page', () => {
  const plan = async (what: string) => read(PlanReply, await world.post('/replay/plan', { what }));
  const progress = () => world.operator.published.filter(({ topic }) => topic.endsWith('/events'));

  it('says first what would go out, and publishes nothing', async () => {
    const uploadId = storeStream(world.operator, 'photo.png', 3);
    expect(await plan(uploadId)).toMatchObject({ messages: 3, states: 1, overviews: 1, more: 0 });
    expect(world.operator.published).toEqual([]);
    expect(await world.audited()).toEqual([]);
    const empty = await world.post('/replay/plan', { from: '2999-01-01', to: '2999-01-02' });
    expect([empty.status, problem(empty).message]).toEqual([
      404,
      expect.stringMatching(/^nothing to replay/),
    ]);
  });

  it('publishes each offset once, marked as a replay, then what is retained, and is audited', async () => {
    const { selection } = await plan(storeStream(world.operator, 'photo.png', 3));
    const step = read(
      StepReply,
      await world.post('/replay/step', { selection, cursor: null, rate: 1_000, reason: 'a lost broker' }),
    );
    expect([step.finished, step.cursor.published]).toEqual([true, 3]);
    expect(progress().map(({ text }) => /"firstOffset":(\d+).*"replay":true/.exec(text)?.[1])).toEqual([
      '1',
      '2',
      '3',
    ]);
    expect(world.operator.published.filter(({ retain }) => retain)).toHaveLength(2);
    expect(await world.audited()).toEqual(
      expect.arrayContaining([
        [WHO, 'replay', 'begun', 'a lost broker'],
        [WHO, 'replay', 'done', 'a lost broker'],
      ]),
    );
  });

  it('goes on where it was when the broker went away: nothing is left out', async () => {
    const { selection } = await plan(storeStream(world.operator, 'photo.png', 5));
    world.operator.failPublications(2);
    const first = read(StepReply, await world.post('/replay/step', { selection, cursor: null, rate: 1_000 }));
    expect(first).toMatchObject({ finished: false, stopped: { retryable: true }, cursor: { published: 2 } });
    world.operator.failPublications(Number.POSITIVE_INFINITY);
    const second = read(
      StepReply,
      await world.post('/replay/step', { selection, cursor: first.cursor, rate: 1_000 }),
    );
    expect(second).toMatchObject({ finished: true, cursor: { published: 5 } });
    expect(progress().map(({ text }) => /"firstOffset":(\d+)/.exec(text)?.[1])).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect((await world.audited()).map(([, , outcome]) => outcome).toSorted()).toEqual([
      'begun',
      'done',
      'failed',
    ]);
  });

  it('is one change in the audit, however many steps it has: a replay of the page had no ID there', async () => {
    const { selection } = await plan(storeStream(world.operator, 'photo.png', 5));
    world.operator.failPublications(2);
    const first = read(StepReply, await world.post('/replay/step', { selection, cursor: null, rate: 1_000 }));
    world.operator.failPublications(Number.POSITIVE_INFINITY);
    await world.post('/replay/step', { selection, cursor: first.cursor, rate: 1_000 });
    await world.post('/replay/step', { selection, cursor: null, rate: 1_000 });
    const entries = await readAudit(
      world.operator.table,
      new Date(world.operator.nowMs).toISOString().slice(0, 7),
      50,
    );
    const ofFirst = entries.filter(({ change }) => change === first.cursor.change);
    expect(ofFirst.map(({ outcome }) => outcome).toSorted()).toEqual(['begun', 'done', 'failed']);
    expect(new Set(entries.map(({ change }) => change)).size).toBe(2);
    const refused = await world.post('/replay/step', {
      selection,
      cursor: { ...first.cursor, change: 'no ID\n' },
      rate: 1_000,
    });
    expect([refused.status, problem(refused).message]).toEqual([400, 'cursor.change is no ID of a change']);
  });

  it('is stopped and resumed in the audit: it had a beginning and an end, and nothing between', async () => {
    const { selection } = await plan(storeStream(world.operator, 'photo.png', 5));
    world.operator.failPublications(2);
    const request = { selection, rate: 1_000 };
    const { cursor } = read(StepReply, await world.post('/replay/step', { ...request, cursor: null }));
    world.operator.failPublications(Number.POSITIVE_INFINITY);
    expect(read(StopReply, await world.post('/replay/stop', { selection, cursor })).cursor).toEqual(cursor);
    await world.post('/replay/step', { ...request, cursor, resumed: true });
    const month = new Date(world.operator.nowMs).toISOString().slice(0, 7);
    const entries = (await readAudit(world.operator.table, month, 50)).filter(
      ({ change }) => change === cursor.change,
    );
    expect(entries.map(({ outcome, detail }) => `${outcome}: ${detail ?? ''}`).toSorted()).toEqual([
      'begun: from the page',
      'done: 5 messages',
      'failed: 2 messages; interrupted',
      expect.stringMatching(/^failed: 2 messages; /),
      'resumed: from the page',
    ]);
    const refused = await world.post('/replay/stop', { selection, cursor: null });
    expect(refused.status).toBe(400);
  });

  it('is made of steps that end in time, and is the same as in one', async () => {
    for (const name of ['a.png', 'b.png']) storeStream(world.operator, name, 4);
    const { selection } = read(PlanReply, await world.post('/replay/plan', { all: true }));
    // A message takes two seconds; a step ends after three.
    const quick = await world.operator.broker.connect();
    world.operator.broker.connect = () =>
      Promise.resolve({
        publish(message) {
          world.operator.nowMs += 2_000;
          return quick.publish(message);
        },
        subscribe: () => Promise.resolve(),
        ended: new Promise<never>(() => undefined),
        close: () => Promise.resolve(),
      });
    let step = read(StepReply, await world.post('/replay/step', { selection, cursor: null, rate: 1_000 }));
    let steps = 1;
    for (; !step.finished; steps += 1)
      step = read(
        StepReply,
        await world.post('/replay/step', { selection, cursor: step.cursor, rate: 1_000 }),
      );
    expect(steps).toBeGreaterThan(3);
    expect(step.cursor.published).toBe(8);
    expect(
      new Set(progress().map(({ topic, text }) => `${topic} ${/"firstOffset":(\d+)/.exec(text)?.[1] ?? ''}`))
        .size,
    ).toBe(8);
    expect(progress()).toHaveLength(8);
    expect(world.operator.published.some(({ topic }) => topic.endsWith('/overview'))).toBe(true);
  });
});
