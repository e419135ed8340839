import { type TopicSpace, UploadId } from '@stepcast/contracts';
import type { OpenSession } from './connection-parts.ts';
import { StepcastError, SubscribeRefusedError } from './errors.ts';
import {
  inPackets,
  MAX_EXACT_UPLOADS,
  sessionTopics,
  type TopicOwner,
  uploadTopics,
  wildcardTopics,
} from './subscriptions.ts';
import { type Subscription, TransportError } from './transport.port.ts';

/** Any valid upload ID serves to build the wildcard; it is replaced. */
const anyUpload = UploadId.parse('a'.repeat(26));

interface SubscriberParts {
  readonly space: TopicSpace;
  readonly eventsQos: 0 | 1;
  readonly uploads: () => readonly UploadId[];
  /** SUBACK came for these: their messages flow, so now their past can be asked for. */
  readonly onSubscribed: (uploadIds: readonly UploadId[], isExact: boolean) => void;
  /** The broker will not have this upload's topics. */
  readonly onRefused: (uploadId: UploadId, error: SubscribeRefusedError) => void;
  readonly onBroken: (error: StepcastError | TransportError) => void;
  /** Whether a refusal may be taken for a policy that was detached, so that a new attempt can have it attached again. */
  readonly mayRenew: () => boolean;
  readonly warn: (warning: StepcastError) => void;
}

type Mode = 'exact' | 'wildcard';

/**
 * Holds the subscriptions of one connection: replies and overview, and either the two exact topics of each upload or, above
 * `MAX_EXACT_UPLOADS`, two wildcards. Once on wildcards, it stays there until the next connection.
 */
export class Subscriber {
  readonly #parts: SubscriberParts;
  #open: OpenSession | undefined;
  #mode: Mode = 'exact';
  readonly #subscribed = new Set<UploadId>();
  readonly #added = new Set<UploadId>();
  #scheduled = false;

  constructor(parts: SubscriberParts) {
    this.#parts = parts;
  }

  /**
   * Subscribes everything on a new connection; resolves when every SUBACK is in.
   * @throws SubscribeRefusedError when the identity may not have its own replies or wildcards
   * @throws StepcastError `subscribeFailed` when the broker could not
   */
  async begin(open: OpenSession): Promise<void> {
    this.#open = open;
    this.#subscribed.clear();
    this.#added.clear();
    const uploads = this.#parts.uploads();
    this.#mode = uploads.length > MAX_EXACT_UPLOADS ? 'wildcard' : 'exact';
    const { replies, overview } = sessionTopics(this.#owner(open), open.session);
    const codes = await this.#subscribe(open, [
      replies,
      overview,
      ...(this.#mode === 'wildcard' ? wildcardTopics(this.#owner(open), anyUpload) : []),
      ...(this.#mode === 'exact' ? uploads.flatMap((id) => uploadTopics(this.#owner(open), id)) : []),
    ]);
    for (const [filter, code] of codes) {
      const verdict = refusalOf(filter, code);
      if (verdict === undefined) continue;
      if (filter === overview.filter) this.#parts.warn(new StepcastError('overviewRefused', verdict.message));
      else if (filter === replies.filter || this.#mode === 'wildcard') throw verdict;
    }
    this.#settle(open, uploads, codes);
  }

  end(): void {
    this.#open = undefined;
    this.#added.clear();
  }

  /** One more upload. Those of one turn share their packets. */
  add(uploadId: UploadId): void {
    this.#added.add(uploadId);
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      void this.#flush();
    });
  }

  remove(uploadId: UploadId): void {
    this.#added.delete(uploadId);
    const open = this.#open;
    if (!this.#subscribed.delete(uploadId) || open === undefined || this.#mode === 'wildcard') return;
    // If it fails the connection has ended, and the subscription with it.
    open.connection.unsubscribe(filtersOf(uploadTopics(this.#owner(open), uploadId))).catch(() => undefined);
  }

  async #flush(): Promise<void> {
    const open = this.#open;
    const added = [...this.#added].filter((id) => !this.#subscribed.has(id));
    this.#added.clear();
    if (open === undefined || added.length === 0) return;
    try {
      if (this.#mode === 'exact' && this.#subscribed.size + added.length > MAX_EXACT_UPLOADS)
        await this.#toWildcards(open);
      const topics =
        this.#mode === 'wildcard' ? [] : added.flatMap((id) => uploadTopics(this.#owner(open), id));
      for (const id of added) this.#subscribed.add(id);
      const codes = await this.#subscribe(open, topics);
      if (this.#open !== open) return;
      for (const [filter, code] of codes) {
        const verdict = refusalOf(filter, code);
        if (verdict instanceof SubscribeRefusedError && this.#parts.mayRenew()) throw verdict;
      }
      this.#settle(open, added, codes);
    } catch (error) {
      if (this.#open === open && (error instanceof StepcastError || error instanceof TransportError))
        this.#parts.onBroken(error);
    }
  }

  async #toWildcards(open: OpenSession): Promise<void> {
    this.#mode = 'wildcard';
    const exact = [...this.#subscribed].flatMap((id) => uploadTopics(this.#owner(open), id));
    const codes = await this.#subscribe(open, wildcardTopics(this.#owner(open), anyUpload));
    for (const [filter, code] of codes) {
      const verdict = refusalOf(filter, code);
      if (verdict !== undefined) throw verdict;
    }
    // Only now: in between messages come twice, which does no harm.
    await Promise.all(inPackets(exact).map((packet) => open.connection.unsubscribe(filtersOf(packet))));
  }

  /** @returns the code of each filter */
  async #subscribe(open: OpenSession, topics: readonly Subscription[]): Promise<ReadonlyMap<string, number>> {
    const packets = inPackets(topics);
    const answers = await Promise.all(
      packets.map(async (packet) => ({ packet, codes: await open.connection.subscribe(packet) })),
    );
    return new Map(
      answers.flatMap(({ packet, codes }) =>
        packet.map(({ filter }, index): [string, number] => [filter, codes[index] ?? 0x80]),
      ),
    );
  }

  #settle(open: OpenSession, uploads: readonly UploadId[], codes: ReadonlyMap<string, number>): void {
    const granted: UploadId[] = [];
    for (const uploadId of uploads) {
      const verdict = uploadTopics(this.#owner(open), uploadId)
        .map(({ filter }) => refusalOf(filter, codes.get(filter) ?? 0))
        .find((refusal) => refusal !== undefined);
      if (verdict === undefined) granted.push(uploadId);
      else if (verdict instanceof SubscribeRefusedError) {
        this.#subscribed.delete(uploadId);
        this.#parts.onRefused(uploadId, verdict);
        continue;
      } else throw verdict;
      this.#subscribed.add(uploadId);
    }
    this.#parts.onSubscribed(granted, this.#mode === 'exact');
  }

  #owner({ identityId }: OpenSession): TopicOwner {
    const { space, eventsQos } = this.#parts;
    return { space, identityId, eventsQos };
  }
}

const filtersOf = (topics: readonly Subscription[]) => topics.map(({ filter }) => filter);

/** What a code of a SUBACK means: below 128 is the QoS granted; 128 (the only refusal of MQTT 3.1.1) and 135 are for lack of rights, others may pass. */
function refusalOf(filter: string, code: number): StepcastError | undefined {
  if (code < 0x80) return undefined;
  if (code === 0x80 || code === 0x87) return new SubscribeRefusedError(filter, code);
  return new StepcastError('subscribeFailed', `no subscription to ${filter} (MQTT reason ${code})`);
}
