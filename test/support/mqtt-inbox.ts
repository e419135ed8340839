import { parseJson, type ParseResult } from '@stepcast/contracts';
import type { MqttClient } from 'mqtt';
import type * as z from 'zod';

export interface Received {
  readonly topic: string;
  readonly retain: boolean;
  readonly text: string;
}

/** Keeps every message that a stock MQTT client gets, and waits for the ones that a test is after. */
export class MqttInbox {
  readonly all: Received[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(client: MqttClient) {
    client.on('message', (topic, payload, packet) => {
      this.all.push({ topic, retain: packet.retain, text: payload.toString() });
      for (const check of [...this.#waiting]) check();
    });
  }

  /** Messages on a topic, read by a schema; throws on one that does not fit. */
  read<S extends z.core.$ZodType>(topic: string, schema: S): z.output<S>[] {
    return this.all
      .filter((message) => message.topic === topic)
      .map((message) => valueOf(parseJson(schema, message.text)));
  }

  /** Resolves when `found` gives something; rejects with what had come when `timeoutMs` have passed. */
  async waitFor<T>(found: () => T | undefined, timeoutMs = 30_000): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const check = () => {
      const value = found();
      if (value !== undefined) resolve(value);
    };
    const timer = setTimeout(() => {
      reject(new Error(`nothing of the kind within ${timeoutMs} ms; ${this.all.length} messages had come`));
    }, timeoutMs);
    this.#waiting.add(check);
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }
}

function valueOf<T>(result: ParseResult<T>): T {
  if (!result.ok) throw new Error(result.issues.map((issue) => `${issue.path}: ${issue.problem}`).join('; '));
  return result.value;
}
