import {
  describeIssues,
  type IdentityId,
  type Overview,
  OverviewMessage,
  parseJson,
  type ParseResult,
  type SessionId,
  StateMessage,
  type TopicSpace,
  type UploadId,
  type UploadState,
} from '@stepcast/contracts';
import { StepcastError } from './errors.ts';
import { readProgress, type ReadProgress, readReply, type ReadReply } from './messages.ts';
import type { TransportMessage } from './transport.port.ts';

/** What the messages of a connection are handed to, once they are known to be sound. */
export interface MessageHandlers {
  /** Whether anybody wants this upload; on wildcards others arrive too, and reading them would be a waste. */
  wants(uploadId: UploadId): boolean;
  progress(data: ReadProgress): void;
  /** @param retained the broker had it before this page subscribed */
  state(state: UploadState, retained: boolean): void;
  overview(overview: Overview): void;
  reply(reply: ReadReply, session: SessionId): void;
  invalid(warning: StepcastError): void;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one message and hands it to whom it concerns. Never throws. A message that is not what its topic says is
 * handed to `invalid` with the place and the problem, never with its content.
 */
export function readMessage(
  space: TopicSpace,
  identityId: IdentityId | undefined,
  { topic: name, payload, retained }: TransportMessage,
  handlers: MessageHandlers,
): void {
  // An empty retained message makes a broker forget the one it has.
  if (payload.length === 0) return;
  const invalid = (why: string) =>
    handlers.invalid(new StepcastError('invalidMessage', `message on ${name}: ${why}`));

  const topic = space.parse(name);
  if (topic === undefined || topic.identityId !== identityId) {
    invalid('the topic is none of this identity');
    return;
  }
  let text: string;
  try {
    text = decoder.decode(payload);
  } catch {
    invalid('the payload is not UTF-8');
    return;
  }
  const use = <T>(result: ParseResult<T>, concerns: (value: T) => boolean, hand: (value: T) => void) => {
    if (!result.ok) invalid(describeIssues(result.issues.slice(0, 3)));
    else if (concerns(result.value)) hand(result.value);
    else invalid('the content speaks of another identity or upload than the topic');
  };

  switch (topic.kind) {
    case 'events':
    case 'state': {
      if (!handlers.wants(topic.uploadId)) return;
      const matches = (data: { identityId: IdentityId; uploadId: UploadId }) =>
        data.identityId === topic.identityId && data.uploadId === topic.uploadId;
      if (topic.kind === 'events') use(readProgress(text), matches, (data) => handlers.progress(data));
      else
        use(
          parseJson(StateMessage, text),
          ({ data }) => matches(data),
          ({ data }) => handlers.state(data, retained),
        );
      return;
    }
    case 'overview':
      use(
        parseJson(OverviewMessage, text),
        ({ data }) => data.identityId === topic.identityId,
        ({ data }) => handlers.overview(data),
      );
      return;
    case 'replies':
      use(
        readReply(text),
        () => true,
        (reply) => handlers.reply(reply, topic.session),
      );
      return;
    case 'correlation':
    case 'requests':
      return;
  }
}
