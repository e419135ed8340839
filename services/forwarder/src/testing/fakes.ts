import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { parseJson } from '@stepcast/contracts';
import type { OutgoingMessage, QueueSender } from '@stepcast/kit';
import type * as z from 'zod';

/** A queue in memory that can be made to be down, or slow. */
export class FakeQueue implements QueueSender {
  readonly messages: OutgoingMessage[] = [];
  failure: Error | undefined;
  /** Called before each send, which waits for it. */
  before: () => Promise<void> = () => Promise.resolve();

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.before();
    if (this.failure !== undefined) throw this.failure;
    this.messages.push(...messages);
  }
}

export function readJson<S extends z.core.$ZodType>(schema: S, text: string): z.output<S> {
  const parsed = parseJson(schema, text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** A file of test/fixtures/events. */
export function fixture<S extends z.core.$ZodType>(name: string, schema: S): z.output<S> {
  const url = new URL(`../../../../test/fixtures/events/${name}`, import.meta.url);
  return readJson(schema, readFileSync(url, 'utf8'));
}

/** What CloudWatch Logs hands a Lambda function for these messages. */
export function awslogs(
  messages: readonly string[],
  messageType = 'DATA_MESSAGE',
): { awslogs: { data: string } } {
  return envelope({
    messageType,
    owner: '111122223333',
    logGroup: '/aws/vendedlogs/states/ProgressPipeline-Logs',
    logStream: 'states/ProgressPipeline/2026-11-03-10-15/00000000',
    subscriptionFilters: ['progress-correlator'],
    logEvents: messages.map((message, index) => ({
      id: String(index),
      timestamp: 1_793_700_930_123,
      message,
    })),
  });
}

export function envelope(payload: unknown): { awslogs: { data: string } } {
  return { awslogs: { data: gzipSync(JSON.stringify(payload)).toString('base64') } };
}
