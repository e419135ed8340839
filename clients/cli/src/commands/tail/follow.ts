import {
  describeIssues,
  parseJson,
  ProgressMessage,
  type IdentityId,
  type ProgressData,
  type TopicSpace,
} from '@stepcast/contracts';
import { pause } from '@stepcast/kit';
import { entriesOf, epochsOf, eventsOf, type FoundUpload, type Operator } from '@stepcast/operations';

/** Consecutive events, as they came. */
export type Followed = Pick<
  ProgressData,
  'identityId' | 'uploadId' | 'epoch' | 'firstOffset' | 'lastOffset' | 'events' | 'replay'
>;

export interface FollowOptions {
  /** `undefined`: everybody's. */
  readonly uploads: readonly FoundUpload[] | undefined;
  /** Whole identities rather than the uploads that they have now. */
  readonly identityId: IdentityId | undefined;
  readonly onEvents: (followed: Followed) => void;
  readonly onProblem: (problem: string) => void;
  /** Called once it follows: what comes from then on is shown. */
  readonly onReady: (what: string) => void;
  readonly signal: AbortSignal;
}

/** Follows by MQTT, with the operator's credentials: what the broker delivers, as it delivers it. @throws OperatorError */
export async function followByMqtt(operator: Operator, options: FollowOptions): Promise<void> {
  const { onEvents, onProblem, onReady, signal } = options;
  const filters = filtersOf(operator.topics, options);
  const connection = await operator.broker.connect();
  try {
    await connection.subscribe(filters, (topic, text) => {
      const message = parseJson(ProgressMessage, text);
      if (message.ok) onEvents(message.value.data);
      else onProblem(`a message on ${topic} does not read: ${describeIssues(message.issues)}`);
    });
    onReady(`by MQTT from ${operator.broker.address}`);
    const { promise: interrupted, resolve } = Promise.withResolvers<undefined>();
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
    const ended = await Promise.race([interrupted, connection.ended]);
    if (ended === undefined) return;
    onProblem('what came since is in the journal: "stepcast journal show", or follow it with --by journal');
    throw ended;
  } finally {
    await connection.close();
  }
}

function filtersOf(topics: TopicSpace, { uploads, identityId }: FollowOptions): readonly string[] {
  if (identityId !== undefined) return [topics.eventsFilter(identityId)];
  if (uploads === undefined) return [topics.eventsFilter('+')];
  return uploads.map((upload) => topics.build({ kind: 'events', ...upload }));
}

const POLL_MS = 1_000;

/** Follows by the journal: what is written, whether or not the broker delivered it. Begins with what is there. */
export async function followByJournal(
  operator: Operator,
  { uploads = [], onEvents, onReady, signal }: FollowOptions,
): Promise<void> {
  const seen = new Map<string, number>();
  onReady('by the journal');
  while (!signal.aborted) {
    for (const upload of uploads) {
      const newest = (await epochsOf(operator.table, upload.identityId, upload.uploadId)).at(-1);
      if (newest === undefined) continue;
      const stream = { ...upload, epoch: newest.epoch };
      const key = `${upload.identityId}#${upload.uploadId}#${newest.epoch}`;
      for (const entry of await entriesOf(operator.table, stream)) {
        if (entry.lastOffset <= (seen.get(key) ?? 0)) continue;
        seen.set(key, entry.lastOffset);
        const events = [...eventsOf(entry)];
        const [first, last] = [events[0], events.at(-1)];
        if (first === undefined || last === undefined) continue;
        onEvents({ ...stream, firstOffset: first.offset, lastOffset: last.offset, events, replay: false });
      }
    }
    await pause(operator.timers, POLL_MS, signal);
  }
}
