import {
  CATCH_UP_MAX_UPLOADS,
  DEFAULT_CATCH_UP_RATE,
  MAX_EXECUTIONS,
  MAX_RESULT_LENGTH,
  MAX_MESSAGE_BYTES,
  MAX_OVERVIEW_BYTES,
  MAX_STEPS,
  TOPIC_LIMITS,
} from '@stepcast/contracts';

/** A limit that both sides rely on. */
export interface Limit {
  readonly value: number;
  readonly unit: string;
  /**
   * Whom it binds. `sent`: what the service sends never exceeds it, so it may only fall. `received`: what the service
   * accepts from a client, so it may only rise. `both`: it may not change.
   */
  readonly binds: 'sent' | 'received' | 'both';
  readonly description: string;
}

/** Every limit of the contract, from the constants that the services use. */
export const LIMITS = {
  topicBytes: {
    value: TOPIC_LIMITS.maxBytes,
    unit: 'bytes of UTF-8',
    binds: 'both',
    description: 'Length of a topic or filter.',
  },
  topicSlashes: {
    value: TOPIC_LIMITS.maxSlashes,
    unit: 'slashes',
    binds: 'both',
    description: 'Slashes in a topic or filter.',
  },
  messageBytes: {
    value: MAX_MESSAGE_BYTES,
    unit: 'bytes',
    binds: 'both',
    description: 'Payload of any message. AWS IoT Core closes the connection over a larger one.',
  },
  overviewBytes: {
    value: MAX_OVERVIEW_BYTES,
    unit: 'bytes',
    binds: 'sent',
    description: 'Payload of an overview. Older uploads are left out, and `truncated` is true.',
  },
  steps: {
    value: MAX_STEPS,
    unit: 'steps',
    binds: 'sent',
    description: 'Steps that a state lists. Later names are left out, and `truncated` is true.',
  },
  executions: {
    value: MAX_EXECUTIONS,
    unit: 'executions',
    binds: 'sent',
    description:
      'Executions that a state lists. The oldest that have ended are left out, and `truncated` is true.',
  },
  result: {
    value: MAX_RESULT_LENGTH,
    unit: 'characters',
    binds: 'sent',
    description:
      'Result of a state as JSON, in UTF-16 units. A projection that has no room is left out, and `truncated` is true.',
  },
  catchUpUploads: {
    value: CATCH_UP_MAX_UPLOADS,
    unit: 'uploads',
    binds: 'received',
    description: 'Uploads that one catch-up request asks about. A client asks again for more.',
  },
  catchUpRequestsPerSecond: {
    value: DEFAULT_CATCH_UP_RATE.perSecond,
    unit: 'requests per second and identity',
    binds: 'received',
    description:
      'Sustained rate of catch-up requests, unless a deployment sets another. Above it the reply is the refusal `rateLimited` with `retryAfterMs`.',
  },
  catchUpBurst: {
    value: DEFAULT_CATCH_UP_RATE.burst,
    unit: 'requests',
    binds: 'received',
    description:
      'Catch-up requests that one identity may make at once, unless a deployment sets another number.',
  },
} as const satisfies Readonly<Record<string, Limit>>;

/** `131,072 bytes`. */
export function limitText({ value, unit }: Limit): string {
  return `${value.toLocaleString('en')} ${unit}`;
}
