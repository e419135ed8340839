import {
  applyEvent,
  emptyState,
  Epoch,
  IdentityId,
  mutableCopyOf,
  offsetOf,
  uploadIdOf,
  type ProgressEvent,
} from '@stepcast/contracts';
import {
  entryAttributes,
  journalKeys,
  JOURNAL_KEYS,
  renderState,
  type JournalAttributes,
} from '@stepcast/wire';
import type { FakeOperator } from './fake-operator.ts';

export const IDENTITY = IdentityId.parse('us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f');
const BEGAN = '2026-11-03T10:00:00.000Z';

/** Puts a stream of so many entries of one event each into the table, with what finds it. @returns its upload ID */
export function storeStream(operator: FakeOperator, name: string, entries: number): string {
  const [bucket, key, epoch] = ['uploads', `users/${IDENTITY}/${name}`, Epoch.parse('e1')];
  const uploadId = uploadIdOf(bucket, key);
  const put = (pk: string, sk: string, attributes: JournalAttributes) =>
    void operator.table.insert({
      [JOURNAL_KEYS.partition]: { S: pk },
      [JOURNAL_KEYS.sort]: { S: sk },
      ...attributes,
    });
  const state = mutableCopyOf(
    emptyState({ identityId: IDENTITY, uploadId, epoch, epochStartedAt: BEGAN, bucket, key }),
  );
  for (let offset = 1; offset <= entries; offset += 1) {
    const event: ProgressEvent = { offset: offsetOf(offset), kind: 'uploaded', time: BEGAN };
    applyEvent(state, event);
    const { pk, sk } = journalKeys.entry(IDENTITY, uploadId, epoch, offset);
    put(
      pk,
      sk,
      entryAttributes({
        firstOffset: offset,
        lastOffset: offset,
        source: 'stepcast',
        events: JSON.stringify([event]),
        truncated: false,
        snapshot: { state: renderState(state), checkpoint: '{}' },
        cursor: undefined,
      }),
    );
  }
  const at = journalKeys.epoch(IDENTITY, uploadId, epoch, BEGAN);
  put(at.pk, at.sk, {});
  const { position, status, percent, epochStartedAt, updatedAt } = state;
  const line = { uploadId, position, bucket, key, status, percent, epochStartedAt, updatedAt };
  const place = journalKeys.line(IDENTITY, line);
  put(place.pk, place.sk, { [JOURNAL_KEYS.line]: { S: JSON.stringify(line) } });
  return uploadId;
}
