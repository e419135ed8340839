import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Writable } from 'node:stream';
import * as z from 'zod';
import { fullJitterMs } from './backoff.ts';
import { commonConfig, ConfigError, readConfig } from './config.ts';
import { hexDigest } from './digest.ts';
import { asError, errorFields, isRetryable, StepcastError } from './errors.ts';
import { DirtyShutdownError, Lifecycle } from './lifecycle.ts';
import { createLogger, silentLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { planBatches } from './sqs/sqs-sender.adapter.ts';
import { SQS_LIMITS } from './sqs/sqs.adapter.ts';

describe('full-jitter backoff', () => {
  it('stays between nothing and the cap, and below the exponential', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (attempt, baseMs, capMs, random) => {
          const delayMs = fullJitterMs(attempt, { baseMs, capMs }, () => random);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(capMs);
          expect(delayMs).toBeLessThanOrEqual(baseMs * 2 ** Math.min(attempt, 30));
        },
      ),
    );
  });
});

describe('the digest for names', () => {
  it('is half of the SHA-256, in hexadecimal digits', () => {
    // NIST's example for SHA-256 of one block.
    expect(hexDigest('abc')).toBe('ba7816bf8f01cfea414140de5dae2223');
  });
});

describe('reading the configuration', () => {
  const schema = z.object({ ...commonConfig, table: z.string(), count: z.coerce.number().int() });
  const names = { logLevel: 'LOG', host: 'HOST', port: 'PORT', table: 'TABLE', count: 'COUNT' };

  it('reports every problem at once, by the name of the variable', () => {
    try {
      readConfig(schema, names, { COUNT: 'many', PORT: '99999', TABLE: '  ' });
      throw new Error('was accepted');
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ConfigError);
      expect(thrown instanceof ConfigError ? thrown.problems : []).toEqual([
        expect.stringMatching(/^PORT: /),
        'TABLE is not set',
        'COUNT is no number',
      ]);
    }
  });

  it('fills in defaults and trims', () => {
    expect(readConfig(schema, names, { TABLE: ' t ', COUNT: '3' })).toEqual({
      logLevel: 'info',
      host: '127.0.0.1',
      port: 8080,
      table: 't',
      count: 3,
    });
  });
});

describe('the plan of SQS calls', () => {
  const messages = fc.array(fc.record({ body: fc.nat(400_000).map((length) => 'x'.repeat(length)) }), {
    maxLength: 40,
  });

  it('keeps every message, in order, within the limits of a call', { tags: ['few-cases'] }, () => {
    fc.assert(
      fc.property(messages, (all) => {
        const batches = planBatches(all);
        expect(batches.flat()).toEqual(all);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(SQS_LIMITS.maxBatchMessages);
          expect(batch.reduce((bytes, message) => bytes + message.body.length, 0)).toBeLessThanOrEqual(
            SQS_LIMITS.maxBatchBytes,
          );
        }
      }),
    );
  });
});

function note(released: string[], name: string): () => Promise<void> {
  return () => {
    released.push(name);
    return Promise.resolve();
  };
}

describe('stopping', () => {
  it('releases in reverse order, once', async () => {
    const released: string[] = [];
    const lifecycle = new Lifecycle(silentLogger);
    for (const name of ['store', 'broker', 'server']) lifecycle.onStop(name, note(released, name));
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(released).toEqual(['server', 'broker', 'store']);
  });

  it('releases the rest when one cannot be released, and says so', async () => {
    const released: string[] = [];
    const lifecycle = new Lifecycle(silentLogger);
    lifecycle.onStop('store', note(released, 'store'));
    lifecycle.onStop('broker', () => Promise.reject(new Error('gone')));
    await expect(lifecycle.stop()).rejects.toBeInstanceOf(DirtyShutdownError);
    expect(released).toEqual(['store']);
  });

  it('stops waiting politely when it is forced', async () => {
    const calls: boolean[] = [];
    const lifecycle = new Lifecycle(silentLogger);
    lifecycle.onStop('queue', ({ force }) => {
      calls.push(force);
      return force ? Promise.resolve() : new Promise(() => undefined);
    });
    const stopped = lifecycle.stop();
    await lifecycle.stop({ force: true });
    await stopped;
    expect(calls).toEqual([false, true]);
  });
});

describe('errors', () => {
  class PolicyError extends StepcastError {
    readonly code = 'TEST_POLICY';
    readonly retryable = false;
  }

  it('carry their name, code, cause and retry decision', () => {
    const cause = new Error('why');
    const error = new PolicyError('no', { cause });
    expect(error).toMatchObject({ name: 'PolicyError', code: 'TEST_POLICY', retryable: false, cause });
    expect(isRetryable(error)).toBe(false);
    expect(isRetryable('anything else')).toBe(true);
    expect(errorFields(error).err).toMatchObject({ name: 'PolicyError', message: 'no', code: 'TEST_POLICY' });
    expect(asError('text').message).toBe('text');
  });
});

describe('the logger', () => {
  it('writes one JSON object a line and never a token', () => {
    const lines: string[] = [];
    const destination = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const logger = createLogger({ service: 'test', level: 'info', destination });
    logger.child({ part: 'p' }).info({ idToken: 'eyJ-secret', request: { sessionToken: 'secret' } }, 'said');
    logger.debug({}, 'not said');
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('secret');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      service: 'test',
      part: 'p',
      msg: 'said',
    });
  });
});

describe('metrics', () => {
  it('sum over the labels that are not asked for', async () => {
    const counter = createMetrics('test_').counter('records_total', 'Records', ['outcome', 'stage']);
    counter.add({ outcome: 'released', stage: 'a' }, 2);
    counter.add({ outcome: 'released', stage: 'b' });
    counter.add({ outcome: 'parked', stage: 'a' });
    await expect(counter.total()).resolves.toBe(4);
    await expect(counter.total({ outcome: 'released' })).resolves.toBe(3);
  });

  it('hold what was counted under labels that were named once, in every place that reads them', async () => {
    const metrics = createMetrics('test_');
    const counter = metrics.counter('records_total', 'Records', ['outcome']);
    const released = counter.bound({ outcome: 'released' });
    released();
    released(2);
    counter.add({ outcome: 'released' });
    await expect(counter.total({ outcome: 'released' })).resolves.toBe(4);
    released();
    expect(await metrics.text()).toContain('test_records_total{outcome="released"} 5\n');
    expect(await metrics.text()).toContain('test_records_total{outcome="released"} 5\n');
  });

  it('hold what was observed, with labels and without', async () => {
    const metrics = createMetrics('test_');
    metrics.histogram('lag_seconds', 'Lag', [1, 10]).observe(5);
    metrics.histogram('took_seconds', 'Took', [1, 10], ['what']).observe(0.5, { what: 'read' });
    const text = await metrics.text();
    expect(text).toContain('test_lag_seconds_bucket{le="1"} 0\n');
    expect(text).toContain('test_lag_seconds_bucket{le="10"} 1\n');
    expect(text).toContain('test_lag_seconds_sum 5\n');
    expect(text).toContain('test_took_seconds_bucket{le="1",what="read"} 1\n');
  });

  it('hold what a gauge was set to last', async () => {
    const metrics = createMetrics('test_');
    const gauge = metrics.gauge('in_flight', 'In flight');
    expect(await metrics.text()).toContain('test_in_flight 0\n');
    gauge.set(3);
    gauge.set(2);
    expect(await metrics.text()).toContain('test_in_flight 2\n');
  });
});
