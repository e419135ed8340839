import { parseJson, ProgressMessage, StateMessage, topicSpace } from '@stepcast/contracts';
import { type FakeBroker } from './fake-broker.ts';
import { uploadOf, type SampleStream } from './samples.ts';

const topics = topicSpace();

export function eventsTopic(stream: SampleStream): string {
  return topics.build({ kind: 'events', identityId: stream.identityId, uploadId: uploadOf(stream) });
}
export function stateTopic(stream: SampleStream): string {
  return topics.build({ kind: 'state', identityId: stream.identityId, uploadId: uploadOf(stream) });
}

/** What the broker took of a stream, read as the contract says; throws for anything else. */
export function messagesOf(broker: FakeBroker, stream: SampleStream) {
  return broker.received
    .filter(({ topic }) => topic === eventsTopic(stream))
    .map(({ payload }) => {
      const parsed = parseJson(ProgressMessage, Buffer.from(payload).toString());
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
      return parsed.value.data;
    });
}
/** The offsets that the broker took of a stream, in their order, duplicates included. */
export const offsetsOf = (broker: FakeBroker, stream: SampleStream) =>
  messagesOf(broker, stream).flatMap(({ events }) => events.map(({ offset }) => Number(offset)));

/** The state of an upload as the broker keeps it; `undefined` where it keeps none. */
export function stateOf(broker: FakeBroker, stream: SampleStream) {
  const parsed = parseJson(
    StateMessage,
    Buffer.from(broker.retained(stateTopic(stream)) ?? new Uint8Array()).toString(),
  );
  return parsed.ok ? parsed.value.data : undefined;
}
