import { Epoch } from '@stepcast/contracts';
import {
  ArnBody,
  CallerBody,
  CORRELATION_KEYS,
  correlationKeys,
  DurationsBody,
  EpochBody,
  journalKeys,
  TouchBody,
} from '@stepcast/wire';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import { digestOf } from './dynamo-executions.adapter.ts';
import type { Table } from './dynamo-table.ts';
import { bodyOf, readBody } from './item-body.ts';
import { StoredItemError } from './store-error.ts';

const { callerPrefix: CALLER_PREFIX } = CORRELATION_KEYS;

export function createDynamoUploadStore(table: Table): UploadStore {
  return {
    async touch(uploadId, touch) {
      return (await table.insert(journalKeys.root(uploadId), bodyOf(touch))) === 'written'
        ? 'first'
        : 'known';
    },
    async known(uploadId) {
      const { pk, sk } = journalKeys.root(uploadId);
      const items = await table.query(pk);
      const root = items.find((item) => item.sk === sk);
      const touch = root === undefined ? undefined : readBody(TouchBody, root);
      const added = items.filter((item) => item.sk.startsWith(CALLER_PREFIX));
      return {
        callers: [
          ...(touch?.kind === 'caller' ? [touch.caller] : []),
          ...added.map((item) => readBody(CallerBody, item)),
        ],
        firstVersion: touch?.kind === 'version' ? touch.version : undefined,
      };
    },
    async epochs(identityId, uploadId) {
      const items = await table.query(journalKeys.upload(identityId, uploadId));
      return items.map((item) => {
        const separator = item.sk.lastIndexOf('#');
        const epoch = Epoch.safeParse(item.sk.slice(separator + 1)).data;
        if (epoch === undefined) throw new StoredItemError(`item ${item.pk} ${item.sk} names no epoch`);
        return {
          identityId,
          uploadId,
          epoch,
          epochStartedAt: item.sk.slice(0, separator),
          sequencer: readBody(EpochBody, item).sequencer,
        };
      });
    },
    async addEpoch({ identityId, uploadId, epoch, epochStartedAt, sequencer }) {
      await table.insert(
        journalKeys.epoch(identityId, uploadId, epoch, epochStartedAt),
        bodyOf({ sequencer }),
      );
    },
    async addCaller(uploadId, caller) {
      const { identityId, epoch, atMs } = caller;
      const sk = `${CALLER_PREFIX}${epoch ?? ''}#${atMs ?? ''}#${identityId}`;
      await table.put({ pk: journalKeys.root(uploadId).pk, sk }, bodyOf(caller));
    },
  };
}

export function createDynamoWaitingRoom(table: Table): WaitingRoom {
  return {
    async enter(uploadId, executionArn) {
      const key = { pk: correlationKeys.waiting(uploadId), sk: digestOf(executionArn) };
      await table.put(key, bodyOf({ executionArn }));
    },
    async leave(uploadId) {
      const items = await table.query(correlationKeys.waiting(uploadId));
      await table.delete(items.map(({ pk, sk }) => ({ pk, sk })));
      return items.map((item) => readBody(ArnBody, item).executionArn);
    },
  };
}

export function createDynamoMachineStore(table: Table): MachineStore {
  const keyOf = (stateMachineArn: string) => correlationKeys.machine(digestOf(stateMachineArn));
  return {
    async durations(stateMachineArn) {
      const item = await table.get(keyOf(stateMachineArn));
      return new Map(item === undefined ? [] : Object.entries(readBody(DurationsBody, item).durations));
    },
    async saveDurations(stateMachineArn, durations) {
      await table.put(keyOf(stateMachineArn), bodyOf({ durations: Object.fromEntries(durations) }));
    },
  };
}
