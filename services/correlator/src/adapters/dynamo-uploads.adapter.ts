import { Epoch } from '@stepcast/contracts';
import { journalKeys } from '@stepcast/wire';
import type { MachineStore } from '../ports/machine-store.port.ts';
import type { UploadStore, WaitingRoom } from '../ports/upload-store.port.ts';
import { digestOf } from './dynamo-executions.adapter.ts';
import { readBody, StoredItemError, type Table } from './dynamo-table.ts';
import { ArnBody, CallerBody, DurationsBody, EpochBody } from './table-items.schema.ts';

export function createDynamoUploadStore(table: Table): UploadStore {
  return {
    async epochs(identityId, uploadId) {
      const { pk } = journalKeys.epoch(identityId, uploadId, Epoch.parse('any'), '');
      const items = await table.query(pk);
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
      const key = journalKeys.epoch(identityId, uploadId, epoch, epochStartedAt);
      await table.put(key, { sequencer }, { ifAbsent: true });
    },
    async caller(uploadId) {
      const item = await table.get({ pk: `proof#${uploadId}`, sk: 'caller' });
      return item === undefined ? undefined : readBody(CallerBody, item).identityId;
    },
    async setCaller(uploadId, identityId) {
      await table.put({ pk: `proof#${uploadId}`, sk: 'caller' }, { identityId }, { ifAbsent: false });
    },
  };
}

export function createDynamoWaitingRoom(table: Table): WaitingRoom {
  return {
    async enter(uploadId, executionArn) {
      const key = { pk: `waiting#${uploadId}`, sk: digestOf(executionArn) };
      await table.put(key, { executionArn }, { ifAbsent: false });
    },
    async leave(uploadId) {
      const items = await table.query(`waiting#${uploadId}`);
      await table.delete(items);
      return items.map((item) => readBody(ArnBody, item).executionArn);
    },
  };
}

export function createDynamoMachineStore(table: Table): MachineStore {
  const keyOf = (stateMachineArn: string) => ({
    pk: `machine#${digestOf(stateMachineArn)}`,
    sk: 'durations',
  });
  return {
    async durations(stateMachineArn) {
      const item = await table.get(keyOf(stateMachineArn));
      return new Map(item === undefined ? [] : Object.entries(readBody(DurationsBody, item).durations));
    },
    async saveDurations(stateMachineArn, durations) {
      await table.put(
        keyOf(stateMachineArn),
        { durations: Object.fromEntries(durations) },
        { ifAbsent: false },
      );
    },
  };
}
