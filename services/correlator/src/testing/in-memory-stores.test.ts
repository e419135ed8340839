import { InMemoryJournal } from './in-memory-journal.ts';
import {
  InMemoryExecutionStore,
  InMemoryMachineStore,
  InMemoryUploadStore,
  InMemoryWaitingRoom,
  InMemoryWatchList,
} from './in-memory-stores.ts';
import {
  describeExecutionStore,
  describeJournal,
  describeMachineStore,
  describeUploadStore,
  describeWaitingRoom,
  describeWatchList,
} from './port-conformance.ts';

describeJournal('InMemoryJournal', () => new InMemoryJournal());
describeExecutionStore('InMemoryExecutionStore', () => new InMemoryExecutionStore());
describeWatchList('InMemoryWatchList', () => new InMemoryWatchList());
describeUploadStore('InMemoryUploadStore', () => new InMemoryUploadStore());
describeWaitingRoom('InMemoryWaitingRoom', () => new InMemoryWaitingRoom());
describeMachineStore('InMemoryMachineStore', () => new InMemoryMachineStore());
