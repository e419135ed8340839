import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer, type Health } from '../http-server.ts';
import { createMetrics } from '../metrics.ts';
import { ManualTime } from '../testing.ts';
import { watchEventLoop } from './event-loop.ts';
import { createHealthChecks, type CheckResult } from './health-checks.ts';
import { queueCheck } from './queue-check.ts';

const OK: CheckResult = { ok: true };

function world() {
  const time = new ManualTime();
  const delays: number[] = [];
  let closed = false;
  const eventLoop = {
    longestDelayMs: () => delays.shift() ?? 0,
    close() {
      closed = true;
    },
  };
  const checks = createHealthChecks({ clock: time, timers: time, eventLoop });
  return { time, delays, checks, isClosed: () => closed };
}

describe('readiness', () => {
  it('lists every check with its state, and fails when one does', async () => {
    const { checks } = world();
    checks.addCheck('queue', () => OK);
    expect(await checks.ready()).toEqual({ ok: true, checks: { queue: OK } });
    checks.addCheck('broker', () => Promise.resolve({ ok: false, reason: 'away' }));
    checks.addCheck('table', () => Promise.reject(new Error('refused')));
    expect(await checks.ready()).toEqual({
      ok: false,
      checks: { queue: OK, broker: { ok: false, reason: 'away' }, table: { ok: false, reason: 'refused' } },
    });
  });

  it('asks again after a second only, and once for all who ask at a time', async () => {
    const { time, checks } = world();
    let asked = 0;
    checks.addCheck('queue', () => {
      asked += 1;
      return OK;
    });
    await Promise.all([checks.ready(), checks.ready()]);
    await time.advance(999);
    await checks.ready();
    expect(asked).toBe(1);
    await time.advance(1);
    await checks.ready();
    expect(asked).toBe(2);
  });

  it('does not wait for a check that hangs', async () => {
    const { time, checks } = world();
    checks.addCheck('queue', () => Promise.withResolvers<CheckResult>().promise);
    const report = checks.ready();
    await time.advance(1_000);
    expect(await report).toEqual({
      ok: false,
      checks: { queue: { ok: false, reason: 'no answer within 1000 ms' } },
    });
    expect(time.pending).toBe(0);
  });
});

describe('liveness', () => {
  it('fails while the event loop is late beyond its bound', () => {
    const { delays, checks } = world();
    delays.push(5_000, 5_001, 20);
    expect(checks.live()).toEqual({ ok: true, checks: { eventLoop: OK } });
    expect(checks.live()).toEqual({
      ok: false,
      checks: { eventLoop: { ok: false, reason: 'the event loop was 5001 ms late' } },
    });
    expect(checks.live().ok).toBe(true);
  });

  it('fails when a loop shows no sign of life, until it does again or ends', async () => {
    const { time, checks } = world();
    const loop = checks.addLoop('sweep', { maxSilenceMs: 1_000 });
    await time.advance(1_000);
    expect(checks.live().ok).toBe(true);
    await time.advance(1);
    expect(checks.live().checks['sweep']).toEqual({ ok: false, reason: 'no sign of life for 1001 ms' });
    loop.beat();
    expect(checks.live().ok).toBe(true);
    await time.advance(5_000);
    loop.end();
    expect(checks.live()).toEqual({ ok: true, checks: { eventLoop: OK } });
  });

  it('does not depend on readiness', () => {
    const { checks } = world();
    checks.addCheck('broker', () => ({ ok: false, reason: 'away' }));
    expect(checks.live().ok).toBe(true);
  });

  it('sees how late the event loop of this process was', async () => {
    const watch = watchEventLoop();
    const ticks = async (count: number) => {
      for (let tick = 0; tick < count; tick += 1)
        await new Promise((resolve) => {
          setTimeout(resolve, 25);
        });
    };
    await ticks(3);
    watch.longestDelayMs();
    await ticks(3);
    const startedMs = performance.now();
    while (performance.now() - startedMs < 200);
    await ticks(3);
    expect(watch.longestDelayMs()).toBeGreaterThan(150);
    watch.close();
  });
});

describe('the check of a queue', () => {
  it('fails when its reader has failed for long', async () => {
    const time = new ManualTime();
    const failing = { failingSinceMs: time.nowMs(), lastError: 'ECONNREFUSED' };
    const check = queueCheck(
      { status: () => ({ ...failing, lastReceiveAtMs: undefined, inHand: 0 }) },
      { clock: time },
    );
    await time.advance(30_000);
    expect(check()).toEqual(OK);
    await time.advance(1);
    expect(check()).toEqual({ ok: false, reason: 'not reachable for 30001 ms: ECONNREFUSED' });
  });
});

describe('the HTTP server of a service', () => {
  let server: ReturnType<typeof createHttpServer>;
  afterEach(async () => {
    await server.close();
  });

  it('answers for liveness and readiness apart', async () => {
    const { checks } = world();
    let health: Health = { healthy: true, problems: {} };
    server = createHttpServer({ health: () => health, checks, metrics: createMetrics('test_') });
    for (const path of ['/livez', '/readyz', '/healthz'])
      expect((await server.inject(path)).statusCode).toBe(200);
    health = { healthy: false, problems: { broker: 'away', queue: 'slow' } };
    checks.addCheck('other', () => OK);
    for (const path of ['/readyz', '/healthz']) {
      const answer = await server.inject(path);
      expect([answer.statusCode, answer.json()]).toEqual([
        503,
        { ok: false, checks: { service: { ok: false, reason: 'broker: away; queue: slow' }, other: OK } },
      ]);
    }
    expect((await server.inject('/livez')).statusCode).toBe(200);
  });

  it('answers 503 for a process that is stuck', async () => {
    const { checks, delays } = world();
    server = createHttpServer({ checks, metrics: createMetrics('test_') });
    delays.push(60_000);
    expect((await server.inject('/livez')).statusCode).toBe(503);
  });
});
