import type { QueueAges } from '../ports.ts';

/** Where nothing measures how old messages are: the sandbox has no CloudWatch. */
export const noAges: QueueAges = { oldest: () => Promise.resolve(undefined) };
