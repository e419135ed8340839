import { FailureSwitch } from './failure-switch.ts';
import { FakeDirectory } from './fake-step-functions.ts';
import { InMemoryJournal } from './in-memory-journal.ts';
import { InMemoryDeadLetters, InMemoryOutbox } from './in-memory-queues.ts';
import {
  InMemoryExecutionStore,
  InMemoryMachineStore,
  InMemoryUploadStore,
  InMemoryWaitingRoom,
  InMemoryWatchList,
} from './in-memory-stores.ts';

/** Every port in memory, on one failure switch. */
export function createInMemoryPorts(failures = new FailureSwitch()) {
  return {
    failures,
    journal: new InMemoryJournal(failures),
    executions: new InMemoryExecutionStore(failures),
    watchList: new InMemoryWatchList(failures),
    uploads: new InMemoryUploadStore(failures),
    waitingRoom: new InMemoryWaitingRoom(failures),
    machines: new InMemoryMachineStore(),
    directory: new FakeDirectory(failures),
    outbox: new InMemoryOutbox(failures),
    deadLetters: new InMemoryDeadLetters(failures),
  };
}
