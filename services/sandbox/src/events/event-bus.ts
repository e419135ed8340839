import { CorrelationMessage, parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type JsonService } from '../core/index.ts';

export interface EventBusOptions {
  readonly region: string;
  readonly accountId: string;
  /** Of the bus of the feed, and of what the feed says is its source. */
  readonly name: string;
  readonly newId: () => string;
  /** Gets each event of the feed; in AWS rules do. */
  readonly onCorrelation: (message: CorrelationMessage) => void;
}

/** PutEvents takes ten entries (EventBridge API reference). */
const PutEventsInput = z.object({
  Entries: z
    .array(
      z.object({
        EventBusName: z.string().optional(),
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
      }),
    )
    .min(1)
    .max(10),
});

/** The bus that every account has. */
const DEFAULT_BUS = 'default';

/**
 * EventBridge, as far as a producer sees it: `PutEvents` on two buses without rules but for that of the feed. An entry that is not JSON,
 * or of the feed and no message of it, is refused by itself.
 */
export function createEventBus(options: EventBusOptions): JsonService {
  const { region, accountId, name, newId, onCorrelation } = options;
  const arnOf = (bus: string) => `arn:aws:events:${region}:${accountId}:event-bus/${bus}`;
  const busArns: readonly string[] = [arnOf(name), arnOf(DEFAULT_BUS)];
  const malformed = { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };

  function take({ Source, Detail }: { readonly Source: string; readonly Detail: string }): object {
    if (Source === name) {
      const message = parseJson(CorrelationMessage, Detail);
      if (!message.ok) return malformed;
      onCorrelation(message.value);
    } else if (!parseJson(z.record(z.string(), z.unknown()), Detail).ok) return malformed;
    return { EventId: newId() };
  }

  return {
    name: 'EventBridge',
    signingName: 'events',
    targetPrefix: 'AWSEvents',
    jsonVersion: '1.1',
    publicOperations: new Set(),
    operations: {
      PutEvents: (input, call) => {
        const parsed = parseValue(PutEventsInput, input);
        if (!parsed.ok)
          return Promise.reject(
            new AwsError('ValidationException', 400, 'Entries must have 1 to 10 entries.'),
          );
        for (const { EventBusName = DEFAULT_BUS } of parsed.value.Entries) {
          const asked = EventBusName.startsWith('arn:') ? EventBusName : arnOf(EventBusName);
          call.authorize('events:PutEvents', asked);
          if (!busArns.includes(asked))
            throw new AwsError('ResourceNotFoundException', 400, `Event bus ${EventBusName} does not exist.`);
        }
        const Entries = parsed.value.Entries.map(take);
        const failed = Entries.filter((entry) => 'ErrorCode' in entry).length;
        return Promise.resolve({ FailedEntryCount: failed, Entries });
      },
    },
  };
}
