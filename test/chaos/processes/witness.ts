import {
  describeIssues,
  OverviewMessage,
  parseJson,
  ProgressMessage,
  StateMessage,
  topicSpace,
} from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { operator } from '../../integration/isolation/actors.ts';
import { findCanaries, type CanaryFound } from './canaries.ts';
import type { SeenEvent, Witnessed } from './history.ts';

/** A plain subscriber with the operator's rights, on a connection that nothing is done to. */
export interface Witness {
  readonly witnessed: readonly Witnessed[];
  readonly canaries: readonly CanaryFound[];
  /** Events published for the first time so far, and messages of all kinds. */
  readonly counts: { readonly events: number; readonly messages: number };
  /** Whether its connection was closed, which must not happen. */
  readonly wasCut: boolean;
  close(): Promise<void>;
}

export function seenEvent(event: ProgressMessage['data']['events'][number]): SeenEvent {
  return {
    offset: event.offset,
    what: event.step === undefined ? event.kind : `${event.kind} ${event.step.name}`,
    executionArn: event.executionArn,
  };
}

/** Subscribes to every topic of Stepcast. */
export async function callWitness(sandbox: Sandbox): Promise<Witness> {
  const { topicNamespace } = sandbox.info;
  const space = topicSpace(topicNamespace);
  const client = await operator(sandbox).connect('witness');
  const witnessed: Witnessed[] = [];
  const canaries: CanaryFound[] = [];
  let wasCut = false;
  let closing = false;
  let events = 0;
  let messages = 0;
  client.on('close', () => (wasCut ||= !closing));
  client.on('message', (topic, payload) => {
    const text = payload.toString();
    messages += 1;
    canaries.push(...findCanaries('message', topic, `${topic} ${text}`));
    const read = readMessage(topic, text);
    if (read === undefined) return;
    witnessed.push(read);
    if (read.kind === 'events') events += read.seen.events.length;
  });
  await client.subscribeAsync(`${topicNamespace}/#`, { qos: 1 });

  function readMessage(topic: string, text: string): Witnessed | undefined {
    const named = space.parse(topic);
    const unreadable = (problem: string): Witnessed => ({ kind: 'unreadable', topic, problem });
    switch (named?.kind) {
      case undefined:
        return unreadable('not a topic of Stepcast');
      case 'events': {
        const message = parseJson(ProgressMessage, text);
        if (!message.ok) return unreadable(describeIssues(message.issues));
        const { data } = message.value;
        return {
          kind: 'events',
          topicIdentityId: named.identityId,
          topicUploadId: named.uploadId,
          seen: {
            identityId: data.identityId,
            uploadId: data.uploadId,
            epoch: data.epoch,
            firstOffset: data.firstOffset,
            lastOffset: data.lastOffset,
            events: data.events.map(seenEvent),
          },
        };
      }
      case 'state': {
        const message = parseJson(StateMessage, text);
        if (!message.ok) return unreadable(describeIssues(message.issues));
        const { identityId, uploadId, position, epochStartedAt, status } = message.value.data;
        return {
          kind: 'state',
          topicIdentityId: named.identityId,
          topicUploadId: named.uploadId,
          identityId,
          uploadId,
          epoch: position.epoch,
          epochStartedAt,
          offset: position.offset,
          status,
        };
      }
      case 'overview': {
        const message = parseJson(OverviewMessage, text);
        if (!message.ok) return unreadable(describeIssues(message.issues));
        const { identityId, uploads, truncated } = message.value.data;
        return {
          kind: 'overview',
          topicIdentityId: named.identityId,
          identityId,
          uploads: uploads.map(({ uploadId, status }) => ({ uploadId, status })),
          truncated,
        };
      }
      case 'correlation':
      case 'requests':
      case 'replies':
        // Catch-up goes to one session; what comes of it is seen at the application.
        return undefined;
    }
  }

  return {
    witnessed,
    canaries,
    get counts() {
      return { events, messages };
    },
    get wasCut() {
      return wasCut;
    },
    async close() {
      closing = true;
      await client.endAsync(true);
    },
  };
}
