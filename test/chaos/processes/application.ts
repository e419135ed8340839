import { startFaultProxy, type FaultProxy } from '@stepcast/publisher/testing';
import type { ProgressClient, UploadWatch } from '@stepcast/web';
import type { Handed, HandedStep } from './history.ts';
import type { Somebody } from './people.ts';

/** One upload as an application follows it. */
export interface Following {
  readonly uploadId: string;
  /**
   * Resolves when so many versions have ended.
   * @param isEnd which statuses are an end; what was redriven after a failure ends again. Default: all
   */
  whenCompleted(versions: number, isEnd?: (status: string) => boolean): Promise<void>;
  close(): void;
}

/** An application of one person: the web client, over a connection that is cut. */
export interface Application {
  readonly who: Somebody;
  /** Resets the connection. */
  cut(): void;
  follow(bucket: string, key: string): Following;
  handed(): readonly Handed[];
  /** The last states of its connection and the warnings in between, to explain why it was not handed all. */
  recently(): string;
  close(): Promise<void>;
}

const RECENT = 12;

/** @param mqttUrl the sandbox's own, `ws://host:port/mqtt` */
export async function openApplication(who: Somebody, mqttUrl: string): Promise<Application> {
  const endpoint = new URL(mqttUrl);
  const proxy: FaultProxy = await startFaultProxy({ port: Number(endpoint.port) });
  endpoint.port = String(proxy.port);
  const client: ProgressClient = who.client(endpoint.href);
  const all = new Map<string, HandedStep[]>();
  const recent: string[] = [];
  const remember = (text: string) => {
    recent.push(`${new Date().toISOString().slice(14, 23)} ${text}`);
    if (recent.length > RECENT) recent.shift();
  };
  client.on('connection', ({ status, reason, error }) => remember(`${status} (${error?.code ?? reason})`));
  client.on('warning', ({ code, message }) => remember(`${code}: ${message}`));

  function record(watch: UploadWatch, steps: HandedStep[]): void {
    watch.on('event', ({ event, epoch }) => steps.push({ kind: 'event', epoch, offset: event.offset }));
    watch.on('discontinuity', ({ reason }) => steps.push({ kind: 'discontinuity', reason }));
    watch.on('error', ({ code }) => steps.push({ kind: 'error', code }));
  }

  return {
    who,
    cut: () => proxy.resetAll(),
    follow(bucket, key) {
      const watch = client.watch({ bucket, key });
      const steps: HandedStep[] = [];
      all.set(watch.uploadId, steps);
      record(watch, steps);
      const ends = new Map<string, string>();
      const waiting = new Set<() => void>();
      watch.on('complete', ({ status, position }) => {
        steps.push({ kind: 'complete', status });
        ends.set(position.epoch, status);
        for (const check of waiting) check();
      });
      return {
        uploadId: watch.uploadId,
        whenCompleted(versions, isEnd = () => true) {
          const { promise, resolve } = Promise.withResolvers<void>();
          const check = () => {
            if ([...ends.values()].filter(isEnd).length >= versions) resolve();
          };
          waiting.add(check);
          check();
          return promise.finally(() => waiting.delete(check));
        },
        close: () => watch.close(),
      };
    },
    handed: () =>
      [...all].map(([uploadId, steps]) => ({
        client: who.name,
        identityId: who.identityId,
        uploadId,
        // A copy: watches also emit that the client is closed in a moment.
        steps: [...steps],
      })),
    recently: () => `${who.name}: ${client.connection.status}; ${recent.join(', ')}`,
    async close() {
      await client.close();
      await proxy.close();
    },
  };
}
