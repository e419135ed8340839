import {
  correlationKindOf,
  correlationMessageId,
  MESSAGE_TYPES,
  parseJson,
  ProgressEvent,
  subjectOf,
  type CorrelationMessage,
  type ExecutionArn,
} from '@stepcast/contracts';
import { StepcastError } from '@stepcast/kit';
import type { Handover } from '@stepcast/wire';
import * as z from 'zod';
import { claimOfKey, type OwnershipRules } from '../domain/ownership.ts';
import type { CorrelationFeed } from '../ports/correlation-feed.port.ts';
import type { ExecutionStore } from '../ports/execution-store.port.ts';
import type { ProgressOutbox } from '../ports/progress-outbox.port.ts';

/** Thrown when an entry that was just written does not read: a bug. */
export class FeedEventsError extends StepcastError {
  readonly code = 'CORRELATOR_FEED_EVENTS';
  readonly retryable = false;
  constructor() {
    super('the events of an entry do not read');
  }
}

export interface FeedingOutboxOptions {
  readonly outbox: ProgressOutbox;
  readonly feed: CorrelationFeed;
  readonly executions: Pick<ExecutionStore, 'load'>;
  readonly rules: OwnershipRules;
}

const Events = z.array(ProgressEvent);
/** Only events of uploads and whole executions concern the feed; most entries have none, and are not parsed. */
const CONCERNS = /"kind":"(?:uploaded|execution)/;

/**
 * Passes entries on and feeds back offices from them. An entry that concerns the feed has left only when the feed has it too: so
 * the entry after it is not written before, and a crash loses nothing of the feed either. What is derived from an entry is the
 * same however often the entry is passed on.
 */
export function createFeedingOutbox(options: FeedingOutboxOptions): ProgressOutbox {
  const { outbox, feed } = options;
  return {
    send(handover) {
      const passage = outbox.send(handover);
      const { events } = handover;
      if (events === undefined || !CONCERNS.test(events)) return passage;
      const fed = messagesOf(options, handover, events).then((messages) => feed.send(messages));
      const emitted = Promise.all([passage.emitted, fed]).then(() => undefined);
      const settled = Promise.all([passage.settled, fed]).then(() => undefined);
      // Only one of the two is awaited when it fails; the other must not be an unhandled rejection.
      for (const one of [emitted, settled, passage.settled]) one.catch(() => undefined);
      return { emitted, settled };
    },
  };
}

async function messagesOf(
  { executions, rules }: FeedingOutboxOptions,
  handover: Handover,
  text: string,
): Promise<CorrelationMessage[]> {
  const events = parseJson(Events, text);
  if (!events.ok) throw new FeedEventsError();
  const messages: CorrelationMessage[] = [];
  for (const event of events.value) {
    const kind = correlationKindOf(event);
    if (kind === undefined) continue;
    const { executionArn } = event;
    const proofs =
      executionArn === undefined ? proofsOfUpload(rules, handover) : await proofsOf(executions, executionArn);
    messages.push(messageOf(handover, event, kind, proofs));
  }
  return messages;
}

/** Field by field, so that nothing gets out that is not named here. */
function messageOf(
  { identityId, uploadId, epoch, epochStartedAt, source, line }: Handover,
  { offset, time, executionArn, nested }: ProgressEvent,
  kind: CorrelationMessage['data']['kind'],
  proofs: readonly string[],
): CorrelationMessage {
  const { bucket, key, status } = line;
  const position = { epoch, offset };
  return {
    specversion: '1.0',
    id: correlationMessageId({ uploadId, position }),
    type: MESSAGE_TYPES.correlation,
    time,
    source,
    subject: subjectOf(bucket, key),
    datacontenttype: 'application/json',
    data: {
      kind,
      identityId,
      uploadId,
      bucket,
      key,
      position,
      epochStartedAt,
      ...(executionArn === undefined ? {} : { executionArn }),
      ...(nested === undefined ? {} : { nested }),
      proofs: [...proofs],
      status,
    },
  };
}

/** An assignment is made once and for all, so the same proofs are found every time. */
async function proofsOf(
  executions: Pick<ExecutionStore, 'load'>,
  executionArn: ExecutionArn,
): Promise<readonly string[]> {
  const { assignment } = await executions.load(executionArn);
  return assignment?.kind === 'owned' ? assignment.proofs : [];
}

/** An upload without an execution is owned by its key, or by the caller that CloudTrail saw. */
function proofsOfUpload(rules: OwnershipRules, { line }: Handover): readonly string[] {
  const claims = claimOfKey(rules, line);
  return claims.length > 0 ? claims.map(({ proof }) => proof) : ['callerIdentity'];
}
