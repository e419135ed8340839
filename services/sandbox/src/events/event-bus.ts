import { CorrelationMessage, parseJson, parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { AwsError, type JsonService } from '../core/index.ts';

export interface EventBusOptions {
  readonly region: string;
  readonly accountId: string;
  /** Of the one bus that there is. */
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

/** EventBridge, as far as a producer sees it: `PutEvents` on one bus. An entry that is no message of the feed is refused by itself. */
export function createEventBus(options: EventBusOptions): JsonService {
  const { region, accountId, name, newId, onCorrelation } = options;
  const busArn = `arn:aws:events:${region}:${accountId}:event-bus/${name}`;

  function take(text: string): object {
    const message = parseJson(CorrelationMessage, text);
    if (!message.ok) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    onCorrelation(message.value);
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
        for (const { EventBusName = 'default' } of parsed.value.Entries) {
          const asked = EventBusName.startsWith('arn:')
            ? EventBusName
            : `arn:aws:events:${region}:${accountId}:event-bus/${EventBusName}`;
          call.authorize('events:PutEvents', asked);
          if (asked !== busArn)
            throw new AwsError('ResourceNotFoundException', 400, `Event bus ${EventBusName} does not exist.`);
        }
        const Entries = parsed.value.Entries.map(({ Detail }) => take(Detail));
        const failed = Entries.filter((entry) => 'ErrorCode' in entry).length;
        return Promise.resolve({ FailedEntryCount: failed, Entries });
      },
    },
  };
}
