import {
  type CatchUpItem,
  type CatchUpRequest,
  CatchUpRequestMessage,
  emptyState,
  Epoch,
  ExecutionArn,
  foldEvent,
  type IdentityId,
  MESSAGE_TYPES,
  type Overview,
  parseJson,
  ProgressEvent,
  progressMessageId,
  type SessionId,
  subjectOf,
  topicSpace,
  type TopicSpace,
  type UploadId,
  uploadIdOf,
  type UploadState,
} from '@stepcast/contracts';

/** An event to append: its kind alone, or with what else it says. Execution and time have defaults. */
export type EventDraft =
  ProgressEvent['kind'] | (Partial<Omit<ProgressEvent, 'offset'>> & Pick<ProgressEvent, 'kind'>);

/** Sends a message to a topic, as a broker would take it. */
export type Publish = (topic: string, message: object, options: { readonly retain: boolean }) => void;

const source = 'arn:aws:states:us-east-1:111122223333:stateMachine:Example';
const envelope = { specversion: '1.0', time: '2026-11-03T10:00:00.000Z', source };

interface Stream {
  readonly epoch: Epoch;
  readonly epochStartedAt: string;
  readonly events: ProgressEvent[];
  state: UploadState | undefined;
}

/**
 * The service's side of the contract, in memory: a journal per upload, messages made of it, and answers to catch-up requests. For tests of apps, together
 * with {@link FakeTransport}: `service.append(…)` makes an upload go on.
 */
export class FakeService {
  readonly identityId: IdentityId;
  readonly space: TopicSpace;
  readonly requests: CatchUpRequest[] = [];
  /** Events in one page of a reply. */
  pageSize = 50;
  readonly #publish: Publish;
  readonly #streams = new Map<UploadId, Stream>();
  #overview: Overview | undefined;

  constructor(identityId: IdentityId, publish: Publish, namespace?: string) {
    this.identityId = identityId;
    this.space = topicSpace(namespace);
    this.#publish = publish;
  }

  /** Everything journaled of an upload's present epoch. */
  journal(bucket: string, key: string): readonly ProgressEvent[] {
    return this.#streams.get(uploadIdOf(bucket, key))?.events ?? [];
  }

  /** A new version of the object: offsets begin anew. */
  startEpoch(bucket: string, key: string, epoch: string, epochStartedAt: string): void {
    this.#streams.set(uploadIdOf(bucket, key), {
      epoch: Epoch.parse(epoch),
      epochStartedAt,
      events: [],
      state: undefined,
    });
  }

  /**
   * Journals events and publishes them with the state after them.
   * @param drafts one event for each. An execution that succeeds is at 100 percent unless its draft says otherwise
   * @param publish false leaves them for catch-up: the messages were lost
   */
  append(
    bucket: string,
    key: string,
    drafts: readonly EventDraft[],
    { publish = true, execution = 'run-1' }: { readonly publish?: boolean; readonly execution?: string } = {},
  ): void {
    const uploadId = uploadIdOf(bucket, key);
    if (!this.#streams.has(uploadId)) this.startEpoch(bucket, key, 'e1', '2026-11-03T10:00:00.000Z');
    const stream = this.#streams.get(uploadId);
    if (stream === undefined) return;
    const firstOffset = stream.events.length + 1;
    const executionArn = ExecutionArn.parse(
      `arn:aws:states:us-east-1:111122223333:execution:Example:${execution}`,
    );
    const { epoch, epochStartedAt } = stream;
    stream.state ??= emptyState({
      identityId: this.identityId,
      uploadId,
      epoch,
      epochStartedAt,
      bucket,
      key,
    });
    for (const draft of drafts) {
      const { kind, ...details } = typeof draft === 'string' ? { kind: draft } : draft;
      const event = ProgressEvent.parse({
        offset: stream.events.length + 1,
        kind,
        time: envelope.time,
        executionArn,
        ...(kind === 'executionSucceeded' ? { percent: 100 } : {}),
        ...details,
      });
      stream.events.push(event);
      stream.state = foldEvent(stream.state, event);
    }
    if (publish) this.publishRange(bucket, key, firstOffset, stream.events.length);
    if (publish) this.publishState(bucket, key);
  }

  /** Publishes journaled events (again). */
  publishRange(bucket: string, key: string, firstOffset: number, lastOffset: number): void {
    const uploadId = uploadIdOf(bucket, key);
    const stream = this.#streams.get(uploadId);
    const events = stream?.events.slice(firstOffset - 1, lastOffset) ?? [];
    const [first] = events;
    const last = events.at(-1);
    if (stream === undefined || first === undefined || last === undefined) return;
    const { epoch, epochStartedAt } = stream;
    const range = { uploadId, epoch, firstOffset: first.offset, lastOffset: last.offset };
    const data = { identityId: this.identityId, ...range, epochStartedAt, replay: false, events };
    this.#send('events', bucket, key, progressMessageId(range), MESSAGE_TYPES.progress, data);
  }

  publishState(bucket: string, key: string): void {
    const state = this.#streams.get(uploadIdOf(bucket, key))?.state;
    if (state === undefined) return;
    const id = `${state.uploadId}:state:${state.position.offset}`;
    this.#send('state', bucket, key, id, MESSAGE_TYPES.state, state);
  }

  publishOverview(overview: Overview): void {
    this.#overview = overview;
    const topic = this.space.build({ kind: 'overview', identityId: this.identityId });
    this.#publish(topic, this.#message(`overview:${overview.asOf}`, MESSAGE_TYPES.overview, overview), {
      retain: true,
    });
  }

  /**
   * Answers what a client published, if it is a catch-up request of this identity.
   * @returns whether it was
   */
  answer(topic: string, payload: Uint8Array): boolean {
    const parsed = this.space.parse(topic);
    if (parsed?.kind !== 'requests' || parsed.identityId !== this.identityId) return false;
    const request = parseJson(CatchUpRequestMessage, new TextDecoder().decode(payload));
    if (!request.ok) return false;
    this.requests.push(request.value.data);
    this.reply(parsed.session, request.value.data);
    return true;
  }

  /** Sends the pages that answer a request. */
  reply(session: SessionId, request: CatchUpRequest): void {
    const items = request.uploads.flatMap(({ uploadId, position }) => this.#items(uploadId, position));
    const pages = items.length === 0 ? [[]] : items.map((item) => [item]);
    pages.forEach((page, index) =>
      this.sendReply(session, {
        requestId: request.requestId,
        page: index + 1,
        last: index === pages.length - 1,
        items: page,
        ...(request.overview && index === pages.length - 1 ? { overview: this.#overviewNow() } : {}),
      }),
    );
  }

  /** Sends one page as it is. */
  sendReply(session: SessionId, data: object): void {
    const topic = this.space.build({ kind: 'replies', identityId: this.identityId, session });
    this.#publish(topic, this.#message('reply', MESSAGE_TYPES.catchUpReply, data), { retain: false });
  }

  /** The overview that was published last, or that of a person without uploads. */
  #overviewNow(): Overview {
    const none: Overview = {
      identityId: this.identityId,
      uploads: [],
      asOf: envelope.time,
      truncated: false,
    };
    return this.#overview ?? none;
  }

  #items(uploadId: UploadId, position: CatchUpRequest['uploads'][number]['position']): CatchUpItem[] {
    const stream = this.#streams.get(uploadId);
    if (stream?.state === undefined) return [{ kind: 'discontinuity', uploadId, reason: 'unknownUpload' }];
    const items: CatchUpItem[] = [{ kind: 'state', uploadId, state: stream.state }];
    const sameEpoch = position?.epoch === stream.epoch;
    if (position !== null && !sameEpoch)
      items.push({ kind: 'discontinuity', uploadId, reason: 'epochChanged' });
    if (sameEpoch && position.offset > stream.events.length)
      return [...items, { kind: 'discontinuity', uploadId, reason: 'futureOffset' }];
    const { epoch, epochStartedAt } = stream;
    const missing = stream.events.slice(sameEpoch ? position.offset : 0);
    for (let at = 0; at < missing.length; at += this.pageSize)
      items.push({
        kind: 'events',
        uploadId,
        epoch,
        epochStartedAt,
        events: missing.slice(at, at + this.pageSize),
      });
    return items;
  }

  #send(kind: 'events' | 'state', bucket: string, key: string, id: string, type: string, data: object): void {
    const topic = this.space.build({ kind, identityId: this.identityId, uploadId: uploadIdOf(bucket, key) });
    const message = { ...this.#message(id, type, data), subject: subjectOf(bucket, key) };
    this.#publish(topic, message, { retain: kind === 'state' });
  }

  #message(id: string, type: string, data: object): object {
    return { ...envelope, id, type, datacontenttype: 'application/json', data };
  }
}
