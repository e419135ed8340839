import * as z from 'zod';
import { answer, sharedNowMs } from '../child.ts';
import { listenForAws } from './aws-json.ts';
import { StubQueues } from './queues/queue-service.ts';
import { StubStores } from './store/stub-stores.ts';
import { workflows } from './workflows.ts';
import { listenForNaive } from './naive-endpoints.ts';

/**
 * What stands for AWS, in a process of its own, so that what our clients spend is all that is measured: DynamoDB at two
 * addresses (one answers at once, one after 4 ms), SQS, Step Functions, and the two endpoints of the naive model.
 */
const Question = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('addresses') }),
  /** Of one deployment: its table and its queues. */
  z.object({ kind: z.literal('counts'), name: z.string() }),
  /** When every message of one deployment is deleted. */
  z.object({ kind: z.literal('idle'), name: z.string() }),
  z.object({ kind: z.literal('sizes') }),
]);

const stores = new StubStores({ maxItems: 50_000 });
let lastDeleteAtMs = 0;
const queues = new StubQueues({
  onDelete() {
    lastDeleteAtMs = sharedNowMs();
  },
});
setInterval(() => queues.expire(), 500).unref();

const services = {
  AmazonSQS: queues.service,
  AWSStepFunctions: workflows,
};
const atOnce = await listenForAws({ ...services, DynamoDB_20120810: stores.service });
const after4Ms = await listenForAws({ DynamoDB_20120810: stores.service }, 4);
const naive = await listenForNaive();
const addresses = { atOnce: atOnce.url, after4Ms: after4Ms.url, naive: naive.url };

answer(async (asked) => {
  const question = Question.parse(asked);
  switch (question.kind) {
    case 'addresses':
      return addresses;
    case 'counts':
      return { store: stores.takeCounts(question.name), queues: queues.takeCounts(question.name) };
    case 'idle':
      await queues.idle(question.name);
      return { lastDeleteAtMs };
    case 'sizes':
      return queues.sizes();
  }
});
