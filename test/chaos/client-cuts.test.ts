import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '@stepcast/publisher/testing';
import { cutDuringExecutions } from './cuts.ts';
import { reportFigure } from '../support/figures.ts';
import { signIn } from '../support/person.ts';
import { clientOf, eventsOfQuickWorkflow, fasterRuntime, writeQuickWorkflow } from './sandbox-client.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const TASKS = 5;

describe('the web client on a whole sandbox', () => {
  it('is cut off 20 times during 10 executions and has every offset exactly once', async () => {
    const report = await cutDuringExecutions({ executions: 10, cuts: 20, tasks: TASKS, taskMs: 60, seed: 7 });
    for (const { offsets, discontinuities, errors, status } of report.uploads) {
      expect(errors).toEqual([]);
      expect(discontinuities).toEqual([]);
      expect(offsets).toEqual(eventsOfQuickWorkflow(TASKS));
      expect(status).toBe('succeeded');
    }
    reportFigure(
      `client cut off ${report.cuts} times during ${report.uploads.length} executions, whole sandbox`,
      `${report.idleCuts} more cuts on the way back; every offset exactly once, 0 discontinuities; ` +
        `${report.connections} connections, ${report.catchUps} catch-ups, ${report.tookSeconds.toFixed(1)} s`,
    );
  });

  it('comes back with fresh credentials when the old ones ran out while it was offline, and misses nothing', async () => {
    const lifetimeSeconds = 3;
    const workflow = await writeQuickWorkflow(TASKS, 5);
    const sandbox = await startTestSandbox({
      argv: workflow.argv,
      environment: { STEPCAST_SANDBOX_CREDENTIAL_SECONDS: String(lifetimeSeconds) },
    });
    const endpoint = new URL(sandbox.info.endpoints.mqttWss);
    const proxy = await startFaultProxy({ port: Number(endpoint.port) });
    endpoint.port = String(proxy.port);
    let asked = 0;
    const alice = await signIn(sandbox.info, 'alice');
    const client = clientOf(sandbox, alice, {
      endpoint: endpoint.href,
      runtime: fasterRuntime(10),
      onCredentials: () => (asked += 1),
    });
    try {
      const key = `users/${alice.identityId}/offline.txt`;
      const offsets: number[] = [];
      const gaps: string[] = [];
      const watch = client.watch({ bucket: sandbox.info.bucket, key });
      watch.on('event', ({ event }) => offsets.push(event.offset));
      watch.on('discontinuity', ({ reason }) => gaps.push(reason));
      await client.whenLive();
      const used = await client.credentials();
      const expiresAtMs = used.expiresAtMs ?? Date.now() + lifetimeSeconds * 1_000;

      proxy.refuse(true);
      proxy.resetAll();
      await alice.s3.send(new PutObjectCommand({ Bucket: sandbox.info.bucket, Key: key, Body: 'offline' }));
      // The only thing to wait for is the clock: the credentials that were used run out at this moment.
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiresAtMs - Date.now()) + 100));
      const before = asked;
      proxy.refuse(false);
      const restoredAtMs = performance.now();
      await expect(watch.done).resolves.toMatchObject({ status: 'succeeded' });
      const tookMs = performance.now() - restoredAtMs;

      expect(offsets).toEqual(eventsOfQuickWorkflow(TASKS));
      expect(gaps).toEqual([]);
      expect(asked).toBeGreaterThan(0);
      const now = await client.credentials();
      expect(now.accessKeyId).not.toBe(used.accessKeyId);
      reportFigure(
        'credentials that ran out while the client was offline',
        `whole ${Math.round(tookMs)} ms after the network was back (waits ten times as fast), ` +
          `${before} requests to Cognito before, ${asked - before} after; 0 events lost`,
      );
    } finally {
      await client.close();
      await proxy.close();
      await sandbox.stop();
      await workflow.remove();
    }
  });
});
