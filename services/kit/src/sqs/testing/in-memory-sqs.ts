import { pause } from '../../clock.ts';
import type { ManualTime } from '../../testing.ts';
import { AwsCallError } from '../../aws/aws-call-error.ts';
import type { Sqs, SqsBatchFailure, SqsMessage, SqsSendEntry } from '../sqs.adapter.ts';

interface Stored {
  readonly id: string;
  readonly body: string;
  readonly groupId: string | undefined;
  readonly sentAtMs: number;
  receiveCount: number;
  visibleAtMs: number;
  receiptHandle: string | undefined;
}

type Operation = 'receive' | 'deleteBatch' | 'changeVisibilityBatch' | 'sendBatch';

/** A call that was made, with the number of its entries (messages, for a receive). */
export interface SqsCall {
  readonly operation: Operation;
  readonly entries: number;
}

/**
 * One queue of SQS in memory, by its documentation: a FIFO group is delivered in order, several messages at a time, and
 * not at all while one of it is in flight; a receipt handle is good until the next receive of its message.
 */
export class InMemorySqs implements Sqs {
  readonly calls: SqsCall[] = [];
  readonly deleted: string[] = [];
  /** Asked before each call: what it throws fails the call. Batch calls may have entries refused instead. */
  fault: (operation: Operation, call: number) => 'none' | 'network' | 'denied' | 'partly' = () => 'none';
  /** How long a call takes to get to the queue. */
  latencyMs: (operation: Operation, call: number) => number = () => 10;
  #messages: Stored[] = [];
  #handles = 0;
  readonly #time: ManualTime;
  readonly #fifo: boolean;

  constructor(time: ManualTime, options: { readonly fifo: boolean }) {
    this.#time = time;
    this.#fifo = options.fifo;
  }

  get queueUrl(): string {
    return `http://127.0.0.1/000000000000/queue${this.#fifo ? '.fifo' : ''}`;
  }

  /** Messages that are left, in order, with the milliseconds until they are visible. */
  get left(): readonly { readonly id: string; readonly hiddenForMs: number }[] {
    return this.#messages.map(({ id, visibleAtMs }) => ({
      id,
      hiddenForMs: Math.max(0, visibleAtMs - this.#time.nowMs()),
    }));
  }

  put(id: string, groupId?: string, body = id): void {
    const nowMs = this.#time.nowMs();
    const counts = { receiveCount: 0, visibleAtMs: nowMs, receiptHandle: undefined };
    this.#messages.push({ id, body, groupId, sentAtMs: nowMs, ...counts });
  }

  sendBatch(_queueUrl: string, entries: readonly SqsSendEntry[]): Promise<readonly SqsBatchFailure[]> {
    return this.#batch('sendBatch', entries, ({ body, groupId }) => {
      this.put(body, groupId);
      return true;
    });
  }

  async receive(
    _queueUrl: string,
    options: {
      readonly maxMessages: number;
      readonly waitTimeSeconds: number;
      readonly visibilityTimeoutSeconds: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<readonly SqsMessage[]> {
    await this.#before('receive', 0);
    const untilMs = this.#time.nowMs() + options.waitTimeSeconds * 1_000;
    for (;;) {
      if (options.signal?.aborted === true) throw new AwsCallError('ReceiveMessage', 'ECANCELED', false);
      const found = this.#visible().slice(0, options.maxMessages);
      if (found.length > 0 || this.#time.nowMs() >= untilMs)
        return found.map((stored) => this.#handOut(stored, options.visibilityTimeoutSeconds));
      await pause(this.#time, Math.min(250, untilMs - this.#time.nowMs()), options.signal);
    }
  }

  deleteBatch(_queueUrl: string, receiptHandles: readonly string[]): Promise<readonly SqsBatchFailure[]> {
    return this.#batch('deleteBatch', receiptHandles, (handle) => {
      const stored = this.#inFlight(handle);
      if (stored === undefined) return false;
      this.deleted.push(stored.id);
      this.#messages = this.#messages.filter((one) => one !== stored);
      return true;
    });
  }

  changeVisibilityBatch(
    _queueUrl: string,
    entries: readonly { readonly receiptHandle: string; readonly visibilityTimeoutSeconds: number }[],
  ): Promise<readonly SqsBatchFailure[]> {
    return this.#batch('changeVisibilityBatch', entries, ({ receiptHandle, visibilityTimeoutSeconds }) => {
      const stored = this.#inFlight(receiptHandle);
      if (stored === undefined) return false;
      stored.visibleAtMs = this.#time.nowMs() + visibilityTimeoutSeconds * 1_000;
      return true;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #before(operation: Operation, entries: number): Promise<'none' | 'partly'> {
    this.calls.push({ operation, entries });
    const fault = this.fault(operation, this.calls.length);
    await pause(this.#time, this.latencyMs(operation, this.calls.length));
    if (fault === 'network') throw new AwsCallError(operation, 'ECONNREFUSED', true);
    if (fault === 'denied') throw new AwsCallError(operation, 'AccessDenied', false, { status: 403 });
    return fault;
  }

  async #batch<Entry>(
    operation: Operation,
    entries: readonly Entry[],
    carryOut: (entry: Entry) => boolean,
  ): Promise<readonly SqsBatchFailure[]> {
    if (entries.length < 1 || entries.length > 10) throw new Error(`${entries.length} entries in a batch`);
    const fault = await this.#before(operation, entries.length);
    return entries.flatMap((entry, index): SqsBatchFailure[] => {
      if (fault === 'partly' && index % 2 === 0)
        return [{ index, code: 'InternalError', senderFault: false }];
      return carryOut(entry) ? [] : [{ index, code: 'ReceiptHandleIsInvalid', senderFault: true }];
    });
  }

  #inFlight(handle: string): Stored | undefined {
    return this.#messages.find((one) => one.receiptHandle === handle && one.visibleAtMs > this.#time.nowMs());
  }

  #visible(): readonly Stored[] {
    const nowMs = this.#time.nowMs();
    const hidden = this.#messages.filter(({ visibleAtMs }) => visibleAtMs > nowMs);
    const blocked = new Set(this.#fifo ? hidden.map(({ groupId }) => groupId) : []);
    return this.#messages.filter(({ visibleAtMs, groupId }) => visibleAtMs <= nowMs && !blocked.has(groupId));
  }

  #handOut(stored: Stored, visibilityTimeoutSeconds: number): SqsMessage {
    const receiptHandle = `handle-${(this.#handles += 1)}`;
    stored.receiveCount += 1;
    stored.visibleAtMs = this.#time.nowMs() + visibilityTimeoutSeconds * 1_000;
    stored.receiptHandle = receiptHandle;
    const { id, body, groupId, sentAtMs, receiveCount } = stored;
    return { id, receiptHandle, body, receiveCount, groupId, sentAtMs };
  }
}
