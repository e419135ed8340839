import { parseJson, ProgressMessage, topicSpace } from '@stepcast/contracts';
import type { Sandbox } from '@stepcast/sandbox';
import { operator } from '../../integration/isolation/actors.ts';
import { quantile } from '../../bench/report.ts';

/** How late a subscriber got one event for the first time. */
export interface Lag {
  readonly uploadId: string;
  /** When the event happened, as the event itself says. */
  readonly happenedMs: number;
  readonly lagMs: number;
}

export interface LagSummary {
  readonly events: number;
  readonly uploads: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** What a rolling restart did to the events that happened during it. */
export interface Addition {
  readonly before: LagSummary;
  readonly during: LagSummary;
  /** By how much the latest event during the restarts was later than an event usually is. */
  readonly addedMs: number;
}

function summaryOf(lags: readonly Lag[]): LagSummary {
  const all = lags.map(({ lagMs }) => lagMs);
  return {
    events: lags.length,
    uploads: new Set(lags.map(({ uploadId }) => uploadId)).size,
    medianMs: quantile(all, 0.5),
    p99Ms: quantile(all, 0.99),
    longestMs: Math.max(...all),
  };
}

/**
 * Compares what happened before the first restart with what happened from then on.
 * @throws RangeError when there is nothing to compare
 */
export function additionOf(lags: readonly Lag[], restartsBeganMs: number): Addition {
  const [during = [], before = []] = [true, false].map((wanted) =>
    lags.filter(({ happenedMs }) => happenedMs >= restartsBeganMs === wanted),
  );
  if (during.length === 0 || before.length === 0)
    throw new RangeError('no events before the restarts, or none during them');
  const [usual, restarting] = [summaryOf(before), summaryOf(during)];
  return { before: usual, during: restarting, addedMs: Math.max(0, restarting.longestMs - usual.medianMs) };
}

/** Times of first arrival, by stream and offset. */
export class LagRecorder {
  readonly lags: Lag[] = [];
  readonly #seen = new Set<string>();

  add({ data }: ProgressMessage, arrivedMs: number): void {
    const { identityId, uploadId, epoch } = data;
    for (const { offset, time } of data.events) {
      const place = `${identityId} ${uploadId} ${epoch} ${offset}`;
      if (this.#seen.has(place)) continue;
      this.#seen.add(place);
      const happenedMs = Date.parse(time);
      this.lags.push({ uploadId, happenedMs, lagMs: arrivedMs - happenedMs });
    }
  }
}

/** Subscribes to all events with the operator's rights, on a connection that nothing is done to. */
export async function watchLags(
  sandbox: Sandbox,
): Promise<{ readonly lags: readonly Lag[]; close(): Promise<void> }> {
  const { topicNamespace } = sandbox.info;
  const space = topicSpace(topicNamespace);
  const recorder = new LagRecorder();
  const client = await operator(sandbox).connect('lags');
  client.on('message', (topic, payload) => {
    const arrivedMs = Date.now();
    if (space.parse(topic)?.kind !== 'events') return;
    const message = parseJson(ProgressMessage, payload.toString());
    if (message.ok) recorder.add(message.value, arrivedMs);
  });
  await client.subscribeAsync(`${topicNamespace}/#`, { qos: 1 });
  return {
    lags: recorder.lags,
    async close() {
      await client.endAsync(true);
    },
  };
}
