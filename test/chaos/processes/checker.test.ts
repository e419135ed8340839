import { describe, expect, it } from 'vitest';
import { executionNameOf, Epoch, IdentityId, uploadIdOf } from '@stepcast/contracts';
import { checkRun } from './checker.ts';
import type { Handed, HandedStep, PutIn, RunHistory, SeenEvent, SeenEvents, Witnessed } from './history.ts';

const alice = IdentityId.parse('us-east-1:00000001-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const bob = IdentityId.parse('us-east-1:00000002-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const bucket = 'uploads';
const epoch = Epoch.parse('abcdefghijkl');
const KINDS = [
  'uploaded',
  'executionStarted',
  'stepStarted Work',
  'stepSucceeded Work',
  'executionSucceeded',
];

function putInOf(identityId: IdentityId): PutIn {
  const key = `users/${identityId}/a.txt`;
  return {
    identityId,
    uploadId: uploadIdOf(bucket, key),
    bucket,
    key,
    versions: 1,
    expected: new Map(KINDS.map((what) => [what, 1])),
    executionArns: undefined,
  };
}

function arnOf({ key }: PutIn): string {
  return `arn:aws:states:us-east-1:111122223333:execution:Machine:${executionNameOf(bucket, key, epoch)}`;
}

/** The events from `first` to `last` of an upload. */
function eventsOf(put: PutIn, first: number, last: number): SeenEvents {
  const events = KINDS.map((what, index): SeenEvent => ({
    offset: index + 1,
    what,
    executionArn: index === 0 ? undefined : arnOf(put),
  })).slice(first - 1, last);
  return {
    identityId: put.identityId,
    uploadId: put.uploadId,
    epoch,
    firstOffset: first,
    lastOffset: last,
    events,
  };
}

function message(seen: SeenEvents, topicIdentityId: string = seen.identityId): Witnessed {
  return { kind: 'events', topicIdentityId, topicUploadId: seen.uploadId, seen };
}

function stateOf(put: PutIn, offset: number, status: string): Extract<Witnessed, { kind: 'state' }> {
  const { identityId, uploadId } = put;
  return {
    kind: 'state',
    topicIdentityId: identityId,
    topicUploadId: uploadId,
    identityId,
    uploadId,
    epoch,
    epochStartedAt: '2026-11-03T10:15:30.000Z',
    offset,
    status,
  };
}

function overviewOf(put: PutIn, status: string): Witnessed {
  const { identityId, uploadId } = put;
  return {
    kind: 'overview',
    topicIdentityId: identityId,
    identityId,
    uploads: [{ uploadId, status }],
    truncated: false,
  };
}

function handedOf({ identityId, uploadId }: PutIn, offsets: readonly number[]): Handed {
  const steps: HandedStep[] = offsets.map((offset) => ({ kind: 'event', epoch, offset }));
  return {
    client: identityId,
    identityId,
    uploadId,
    steps: [...steps, { kind: 'complete', status: 'succeeded' }],
  };
}

const puts = [putInOf(alice), putInOf(bob)];
const [ofAlice, ofBob] = [putInOf(alice), putInOf(bob)];

/** Two uploads, each in two entries and two messages, the second message twice. */
function goodRun(): RunHistory {
  return {
    putIn: puts,
    journal: puts.flatMap((put) => [eventsOf(put, 1, 2), eventsOf(put, 3, 5)]),
    witnessed: puts.flatMap((put) => [
      message(eventsOf(put, 1, 2)),
      stateOf(put, 2, 'running'),
      message(eventsOf(put, 3, 5)),
      message(eventsOf(put, 3, 5)),
      stateOf(put, 5, 'succeeded'),
      overviewOf(put, 'succeeded'),
    ]),
    handed: puts.map((put) => handedOf(put, [1, 2, 3, 4, 5])),
  };
}

/** The rules that a run breaks, each once. */
function broken(change: Partial<RunHistory>): string[] {
  return [...new Set(checkRun({ ...goodRun(), ...change }).map(({ rule }) => rule))];
}

/** The run's messages without those that a test leaves out. */
function without(leave: (one: Witnessed) => boolean): Witnessed[] {
  return goodRun().witnessed.filter((one) => !leave(one));
}
const isOfAlice = (one: Witnessed) => one.kind !== 'unreadable' && one.topicIdentityId === alice;

describe('the checker', () => {
  it('finds nothing in a run in which a message came twice', () => {
    expect(checkRun(goodRun())).toEqual([]);
  });

  it('finds an event of the journal that was never published', () => {
    const witnessed = without((one) => one.kind === 'events' && isOfAlice(one) && one.seen.firstOffset === 3);
    expect(broken({ witnessed })).toEqual(['neverPublished']);
  });

  it('finds a message whose event is another one than the journal has', () => {
    const other = eventsOf(ofAlice, 3, 5);
    const events = other.events.map((one) => (one.offset === 4 ? { ...one, what: 'stepFailed Work' } : one));
    const witnessed = without((one) => one.kind === 'events' && isOfAlice(one) && one.seen.firstOffset === 3);
    expect(broken({ witnessed: [...witnessed, message({ ...other, events })] })).toEqual(['neverPublished']);
  });

  it('finds a version of which nothing is in the journal', () => {
    const putIn = [{ ...ofAlice, versions: 2 }, ofBob];
    expect(broken({ putIn })).toEqual(['neverJournaled']);
  });

  it('finds a step that happened and was not emitted', () => {
    const expected = new Map([...ofAlice.expected, ['stepStarted More', 1] as const]);
    expect(broken({ putIn: [{ ...ofAlice, expected }, ofBob] })).toEqual(['neverJournaled']);
  });

  it('finds a step that was emitted twice', () => {
    const expected = new Map([...ofAlice.expected, ['stepStarted Work', 0] as const]);
    expect(broken({ putIn: [{ ...ofAlice, expected }, ofBob] })).toEqual(['emittedTwice']);
  });

  it('finds an upload that was emitted in two streams', () => {
    const other = { ...eventsOf(ofAlice, 1, 5), epoch: 'another' };
    const { journal, witnessed } = goodRun();
    expect(broken({ journal: [...journal, other], witnessed: [...witnessed, message(other)] })).toContain(
      'emittedTwice',
    );
  });

  it('finds a hole between two entries', () => {
    const journal = [eventsOf(ofAlice, 1, 2), eventsOf(ofAlice, 4, 5), eventsOf(ofBob, 1, 5)];
    expect(broken({ journal })).toEqual(['hole', 'neverJournaled']);
  });

  it('finds offsets that two entries share', () => {
    const journal = [eventsOf(ofAlice, 1, 3), eventsOf(ofAlice, 3, 5), eventsOf(ofBob, 1, 5)];
    expect(broken({ journal })).toEqual(['hole', 'emittedTwice']);
  });

  it('finds a hole inside of an entry', () => {
    const entry = eventsOf(ofAlice, 1, 5);
    const journal = [
      { ...entry, events: entry.events.filter(({ offset }) => offset !== 3) },
      eventsOf(ofBob, 1, 5),
    ];
    expect(broken({ journal })).toEqual(['hole', 'neverJournaled']);
  });

  it('finds a first delivery out of order', () => {
    const of = (put: PutIn, first: number, last: number) => message(eventsOf(put, first, last));
    const witnessed = [
      of(ofAlice, 3, 5),
      of(ofAlice, 1, 2),
      ...without((one) => one.kind === 'events' && isOfAlice(one)),
    ];
    expect(broken({ witnessed })).toEqual(['outOfOrder']);
  });

  it.each<[string, Partial<RunHistory>]>([
    [
      'events on the topic of another',
      { witnessed: [...goodRun().witnessed, message(eventsOf(ofBob, 1, 5), alice)] },
    ],
    [
      'a state on the topic of another',
      { witnessed: [{ ...stateOf(ofBob, 2, 'running'), topicIdentityId: alice }, ...goodRun().witnessed] },
    ],
    [
      'an execution of another',
      {
        journal: [
          { ...eventsOf(ofAlice, 1, 5), events: eventsOf(ofBob, 1, 5).events },
          eventsOf(ofBob, 1, 5),
        ],
      },
    ],
    ['an upload that nobody put in', { putIn: [ofAlice], handed: [handedOf(ofAlice, [1, 2, 3, 4, 5])] }],
    [
      'a line of another in an overview',
      {
        witnessed: [
          ...goodRun().witnessed,
          {
            kind: 'overview',
            topicIdentityId: alice,
            identityId: alice,
            uploads: [ofAlice, ofBob].map(({ uploadId }) => ({ uploadId, status: 'succeeded' })),
            truncated: false,
          },
        ],
      },
    ],
    [
      'a message that is none',
      { witnessed: [...goodRun().witnessed, { kind: 'unreadable', topic: 'x', problem: 'no JSON' }] },
    ],
  ])('finds %s', (_what, change) => {
    expect(broken(change)).toEqual(['foreign']);
  });

  it('finds an offset that an application was handed twice', () => {
    const handed = [handedOf(ofAlice, [1, 2, 3, 3, 4, 5]), handedOf(ofBob, [1, 2, 3, 4, 5])];
    expect(broken({ handed })).toEqual(['duplicateAtApplication']);
  });

  it.each([
    ['in the middle', [1, 2, 4, 5]],
    ['at the end', [1, 2, 3, 4]],
    ['altogether', []],
  ])('finds offsets that an application misses %s', (_where, offsets) => {
    const handed = [handedOf(ofAlice, offsets), handedOf(ofBob, [1, 2, 3, 4, 5])];
    expect(broken({ handed })).toEqual(['missingAtApplication']);
  });

  it('lets an application jump after a gap was reported to it', () => {
    const { steps, ...rest } = handedOf(ofAlice, [1, 2, 4, 5]);
    const gap: HandedStep = { kind: 'discontinuity', reason: 'expired' };
    const handed = [{ ...rest, steps: steps.toSpliced(2, 0, gap) }, handedOf(ofBob, [1, 2, 3, 4, 5])];
    expect(broken({ handed })).toEqual([]);
  });

  it('finds an upload whose journal has no end', () => {
    const journal = [eventsOf(ofAlice, 1, 4), eventsOf(ofBob, 1, 5)];
    expect(broken({ journal })).toContain('neverEnded');
  });

  it('finds a retained state that stayed behind', () => {
    const witnessed = [...without((one) => isOfAlice(one) && one.kind === 'state' && one.offset === 5)];
    expect(broken({ witnessed })).toEqual(['neverEnded']);
  });

  it('finds an overview that stayed behind', () => {
    const witnessed = [
      ...without((one) => isOfAlice(one) && one.kind === 'overview'),
      overviewOf(ofAlice, 'running'),
    ];
    expect(broken({ witnessed })).toEqual(['neverEnded']);
  });

  it('finds an application that never learnt of the end', () => {
    const { steps, ...rest } = handedOf(ofAlice, [1, 2, 3, 4, 5]);
    const handed = [{ ...rest, steps: steps.slice(0, -1) }, handedOf(ofBob, [1, 2, 3, 4, 5])];
    expect(broken({ handed })).toEqual(['neverEnded']);
  });
});
