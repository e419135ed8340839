import { createDeadLetters, letterOfError, type DeadLetterCode } from '@stepcast/wire';
import {
  errorFields,
  isRetryable,
  type Clock,
  type CounterMetric,
  type Logger,
  type QueueMessage,
  type QueueSender,
  type QueueVerdict,
} from '@stepcast/kit';
import { readLoginMessage } from './adapters/cloudtrail-login.schema.ts';
import type { LoginOutcome, RecordedLogin } from './application/first-logins.ts';

export interface FirstLoginsQueueOptions {
  readonly identityPoolId: string;
  readonly firstLogin: (login: RecordedLogin) => Promise<LoginOutcome>;
  readonly deadLetters: QueueSender;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Labels: `outcome`. */
  readonly outcomes: CounterMetric;
  /** When a message that could not be handled is tried again, in milliseconds. Default 30,000. */
  readonly retryAfterMs?: number;
}

/**
 * Handles messages of the queue of CloudTrail records. What is malformed, or cannot be provisioned however often it is
 * tried, goes to the dead letters, without its text: it holds credentials. Its event ID finds it in CloudTrail.
 */
export function createFirstLoginsHandler(
  options: FirstLoginsQueueOptions,
): (messages: readonly QueueMessage[]) => Promise<ReadonlyMap<string, QueueVerdict>> {
  const { identityPoolId, firstLogin, clock, logger, outcomes, retryAfterMs = 30_000 } = options;
  const deadLetters = createDeadLetters({
    queue: options.deadLetters,
    service: 'provisioner',
    clock,
    logger,
    refused: {
      add: () => {
        outcomes.add({ outcome: 'login_dead_letter_refused' });
      },
    },
  });

  async function giveUp(code: DeadLetterCode, reason: string): Promise<QueueVerdict> {
    logger.warn({ code, reason }, 'recorded login given up');
    await deadLetters.send([{ code, reason }]);
    outcomes.add({ outcome: 'login_dead_lettered' });
    return 'done';
  }

  async function handle({ body }: QueueMessage): Promise<QueueVerdict> {
    const message = readLoginMessage(body, identityPoolId);
    if (message.kind === 'none') return 'done';
    if (message.kind === 'malformed')
      return giveUp(
        'PROVISIONER_LOGIN_MALFORMED',
        `event ${message.eventId ?? 'without ID'}: ${message.reason}`,
      );
    try {
      await firstLogin({ identityId: message.identityId });
      return 'done';
    } catch (thrown) {
      if (isRetryable(thrown)) throw thrown;
      const { code, reason } = letterOfError(thrown, 'PROVISIONER_INTERNAL');
      return giveUp(code, `identity ${message.identityId}: ${reason}`);
    }
  }

  return async (messages) => {
    const verdicts = await Promise.all(
      messages.map(async (message): Promise<readonly [string, QueueVerdict]> => {
        try {
          return [message.id, await handle(message)];
        } catch (thrown) {
          outcomes.add({ outcome: 'failed' });
          logger.error(errorFields(thrown), 'recorded login not handled');
          return [message.id, { retryAfterMs }];
        }
      }),
    );
    return new Map(verdicts);
  };
}
