import { describe, expect, it } from 'vitest';
import { Epoch, IdentityId, Offset, UploadId } from '@stepcast/contracts';
import fc from 'fast-check';
import { entryAttributes, journalKeys, LINE_PREFIX, readEntry, type StoredEntry } from './journal-items.ts';

const identityId = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-000000000001');
const uploadId = UploadId.parse('a'.repeat(26));
const epoch = Epoch.parse('e1');

const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:Machine';
const EXECUTION = 'arn:aws:states:us-east-1:111122223333:execution:Machine:run-1';
const NAMED = JSON.stringify([{ kind: 'uploaded' }, { kind: 'executionStarted', executionArn: EXECUTION }]);
/** A text that says what a member would say. */
const QUOTED = JSON.stringify([{ error: `"executionArn":"${EXECUTION}"` }]);

const stored: fc.Arbitrary<StoredEntry> = fc
  .record({
    firstOffset: fc.integer({ min: 1, max: 1e11 }),
    more: fc.nat({ max: 100 }),
    source: fc.oneof(fc.string(), fc.constantFrom('stepcast', MACHINE)),
    events: fc.constantFrom('[{}]', NAMED, QUOTED),
    truncated: fc.boolean(),
    snapshot: fc.option(fc.record({ state: fc.string(), checkpoint: fc.string() }), { nil: undefined }),
    cursor: fc.option(fc.string(), { nil: undefined }),
  })
  .map(({ more, ...rest }) => ({
    ...rest,
    lastOffset: rest.firstOffset + more,
  }));

function itemOf(entry: StoredEntry) {
  const { pk, sk } = journalKeys.entry(identityId, uploadId, epoch, entry.firstOffset);
  return { pk: { S: pk }, sk: { S: sk }, expiresAt: { N: '1' }, ...entryAttributes(entry) };
}

describe('a journal item', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(stored, (entry) => {
        expect(readEntry(itemOf(entry))).toEqual({ ok: true, value: entry });
      }),
    );
  });

  it('says what it lacks', () => {
    const [entry] = fc.sample(
      stored.filter(({ snapshot }) => snapshot !== undefined),
      1,
    );
    if (entry === undefined) throw new Error('no sample');
    for (const name of ['sk', 'lastOffset', 'source', 'events', 'checkpoint'])
      expect(readEntry({ ...itemOf(entry), [name]: { BOOL: true } })).toMatchObject({
        ok: false,
        issues: [{ path: `$.${name}` }],
      });
  });

  it.each([
    ['the machine of the execution that they name', NAMED, MACHINE, undefined],
    ['nobody, where they name none', '[{}]', 'stepcast', undefined],
    ['nobody, where only a text looks like a name', QUOTED, 'stepcast', undefined],
    ['less: a nested execution has the source of its parent', NAMED, `${MACHINE}Parent`, `${MACHINE}Parent`],
  ])('has no source where its events say it: %s', (_what, events, source, attribute) => {
    const entry: StoredEntry = {
      firstOffset: 1,
      lastOffset: 2,
      source,
      events,
      truncated: false,
      snapshot: undefined,
      cursor: undefined,
    };
    expect(entryAttributes(entry)['source']).toEqual(attribute === undefined ? undefined : { S: attribute });
    expect(readEntry(itemOf(entry))).toEqual({ ok: true, value: entry });
  });

  it('has a key that sorts lines of one upload by epoch and offset', () => {
    const place = fc.record({
      epochStartedAt: fc.constantFrom('2026-11-03T10:15:00.000Z', '2026-11-03T10:15:00.001Z'),
      epoch: fc.constantFrom('e1', 'e2'),
      offset: fc.integer({ min: 1, max: 1e11 }),
    });
    const lineOf = ({
      epochStartedAt,
      epoch: token,
      offset,
    }: {
      epochStartedAt: string;
      epoch: string;
      offset: number;
    }) =>
      journalKeys.line(identityId, {
        uploadId,
        epochStartedAt,
        position: { epoch: Epoch.parse(token), offset: Offset.parse(offset) },
      });
    fc.assert(
      fc.property(place, place, (a, b) => {
        const newer =
          a.epochStartedAt === b.epochStartedAt
            ? a.epoch === b.epoch
              ? a.offset - b.offset
              : a.epoch < b.epoch
                ? -1
                : 1
            : a.epochStartedAt < b.epochStartedAt
              ? -1
              : 1;
        const [one, other] = [lineOf(a), lineOf(b)];
        expect(one.pk).toBe(other.pk);
        expect(one.sk.startsWith(LINE_PREFIX)).toBe(true);
        expect(Math.sign(one.sk === other.sk ? 0 : one.sk < other.sk ? -1 : 1)).toBe(Math.sign(newer));
      }),
    );
  });
});
