import { PutObjectCommand } from '@aws-sdk/client-s3';
import { startFaultProxy } from '@stepcast/publisher/testing';
import { repeatableRandom } from '../bench/workload.ts';
import { signIn } from '../support/person.ts';
import { clientOf, fasterRuntime, writeQuickWorkflow } from './sandbox-client.ts';
import { startTestSandbox } from '../support/sandbox.ts';

export interface CutsReport {
  /** Cuts of a live connection. */
  readonly cuts: number;
  /** Cuts while the client was about to come back. */
  readonly idleCuts: number;
  readonly tookSeconds: number;
  readonly connections: number;
  readonly catchUps: number;
  readonly uploads: readonly {
    readonly offsets: readonly number[];
    readonly discontinuities: readonly string[];
    readonly errors: readonly string[];
    readonly status: string;
  }[];
}

/**
 * A whole sandbox, a person with the web client, `executions` uploads, and a client whose live connection is torn `cuts`
 * times, each time a random while after the last, and now and then once more while it comes back.
 */
export async function cutDuringExecutions(options: {
  readonly executions: number;
  readonly cuts: number;
  readonly tasks: number;
  readonly taskMs: number;
  readonly seed: number;
}): Promise<CutsReport> {
  const { executions, cuts, tasks, taskMs, seed } = options;
  const random = repeatableRandom(seed);
  const workflow = await writeQuickWorkflow(tasks, taskMs);
  const sandbox = await startTestSandbox({ argv: workflow.argv });
  const endpoint = new URL(sandbox.info.endpoints.mqttWss);
  const proxy = await startFaultProxy({ port: Number(endpoint.port) });
  endpoint.port = String(proxy.port);
  const person = await signIn(sandbox.info, 'alice');
  const client = clientOf(sandbox, person, {
    endpoint: endpoint.href,
    runtime: fasterRuntime(10),
    backoff: { baseMs: 500, capMs: 1_000 },
  });
  try {
    const beganMs = performance.now();
    const uploads = Array.from({ length: executions }, (_, index) => {
      const key = `users/${person.identityId}/file-${seed}-${index}.txt`;
      const received = {
        key,
        offsets: [] as number[],
        discontinuities: [] as string[],
        errors: [] as string[],
      };
      const watch = client.watch({ bucket: sandbox.info.bucket, key });
      watch.on('event', ({ event }) => received.offsets.push(event.offset));
      watch.on('discontinuity', ({ reason }) => received.discontinuities.push(reason));
      watch.on('error', ({ code }) => received.errors.push(code));
      return { received, done: watch.done };
    });
    await client.whenLive();

    let finished = 0;
    const ends = uploads.map(({ done }) =>
      done.then(({ status }) => {
        finished += 1;
        return status;
      }),
    );
    let made = 0;
    let idleCuts = 0;
    // At a random moment of whatever the client is doing, more often than not while it is live.
    const cutting = (async () => {
      while (made < cuts) {
        if (random() < 0.8) await client.whenLive();
        await new Promise((resolve) => setTimeout(resolve, random() * 80));
        if (client.connection.status === 'live') made += 1;
        else idleCuts += 1;
        proxy.resetAll();
      }
    })();
    for (const [index, { received }] of uploads.entries()) {
      await person.s3.send(
        new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: received.key, Body: `file ${index}` }),
      );
      // Uploads are spread over the cuts: no more are made than cuts have been, in proportion.
      while (made < cuts && index + 1 - finished > 20 && (index + 1) / executions > made / cuts)
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await cutting;
    const statuses = await Promise.all(ends);
    return {
      cuts: made,
      idleCuts,
      tookSeconds: (performance.now() - beganMs) / 1_000,
      connections: client.counters.connections,
      catchUps: client.counters.catchUpRequests,
      // Copies: watches also emit that the client is closed in a moment.
      uploads: uploads.map(({ received }, index) => ({
        offsets: [...received.offsets],
        discontinuities: [...received.discontinuities],
        errors: [...received.errors],
        status: statuses[index] ?? 'unknown',
      })),
    };
  } finally {
    await client.close();
    await proxy.close();
    await sandbox.stop();
    await workflow.remove();
  }
}
