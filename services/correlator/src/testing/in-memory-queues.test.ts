import { InMemoryOutbox } from './in-memory-queues.ts';
import { describeOutbox } from './outbox-conformance.ts';

describeOutbox('InMemoryOutbox', () => {
  const outbox = new InMemoryOutbox();
  return { outbox, take: (count) => Promise.resolve(outbox.sent.splice(0, count)) };
});
