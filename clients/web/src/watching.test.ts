import { uploadIdOf } from '@stepcast/contracts';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './errors.ts';
import type { UploadUpdate } from './types.ts';
import { bench, bucket, identityId, key, range, record } from './test-support.ts';

describe('watching an upload', () => {
  it('subscribes first and asks for what was missed afterwards', async () => {
    const { client, runtime, transport, service } = bench();
    service.append(bucket, key, ['uploaded', 'executionStarted'], { publish: false });
    const order: string[] = [];
    const inner = transport.onPublish;
    transport.onPublish = (message) => {
      order.push(`request with ${message.connection.filters.size} subscriptions`);
      inner(message);
    };
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    expect(order).toEqual(['request with 4 subscriptions']);
    expect(emitted).toEqual(['e1/1', 'e1/2', 'synced']);
  });

  it('tells completion once, after every event, and ends its iterator there', async () => {
    const { client, runtime, service } = bench();
    const watch = client.watch({ bucket, key });
    const emitted = record(watch);
    const updates: UploadUpdate[] = [];
    const reading = (async () => {
      for await (const update of watch) updates.push(update);
    })();
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'stepStarted']);
    service.append(bucket, key, ['stepSucceeded', 'executionSucceeded']);
    service.publishState(bucket, key);
    service.publishRange(bucket, key, 1, 5);
    await reading;
    expect(emitted.filter((one) => one !== 'synced')).toEqual([...range('e1', 1, 5), 'complete']);
    expect(updates.at(-1)).toMatchObject({ type: 'complete', state: { status: 'succeeded' } });
    await expect(watch.done).resolves.toMatchObject({ percent: 100 });
  });

  it('holds completion back while another execution of the upload runs, and opens again after a redrive', async () => {
    const { client, runtime, service } = bench();
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    service.append(bucket, key, ['executionStarted'], { execution: 'one' });
    service.append(bucket, key, ['executionStarted'], { execution: 'two' });
    service.append(bucket, key, ['executionSucceeded'], { execution: 'one' });
    expect(emitted).not.toContain('complete');
    service.append(bucket, key, ['executionFailed'], { execution: 'two' });
    service.append(bucket, key, ['executionRedriven'], { execution: 'two' });
    service.append(bucket, key, ['executionSucceeded'], { execution: 'two' });
    expect(emitted.filter((one) => !one.startsWith('e1'))).toEqual([
      'synced',
      'complete',
      'reopened',
      'complete',
    ]);
  });

  it('completes again when a redrive and its end come in one message: who waited for the success waited for ever', async () => {
    const { client, runtime, service } = bench();
    const watch = client.watch({ bucket, key });
    const emitted = record(watch);
    const statuses: string[] = [];
    watch.on('complete', ({ status }) => statuses.push(status));
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted', 'executionFailed']);
    service.append(bucket, key, ['executionRedriven', 'executionSucceeded']);
    // Also where it fails as before.
    service.append(bucket, key, ['executionRedriven', 'executionFailed']);
    service.append(bucket, key, ['executionRedriven', 'executionFailed']);
    await runtime.settle();
    expect(statuses).toEqual(['failed', 'succeeded', 'failed', 'failed']);
    expect(emitted.filter((one) => !one.startsWith('e1'))).toEqual([
      'synced',
      ...['complete', 'reopened', 'complete', 'reopened', 'complete', 'reopened', 'complete'],
    ]);
  });

  it('counts what is no message of ours, tells of it, and loses nothing', async () => {
    const { client, runtime, service, transport } = bench();
    const warnings: string[] = [];
    client.on('warning', (warning) => warnings.push(`${warning.reasonCode} ${warning.message}`));
    const watch = client.watch({ bucket, key });
    const emitted = record(watch);
    await runtime.settle();
    const topic = service.space.build({ kind: 'events', identityId, uploadId: watch.uploadId });
    for (const junk of ['', '{', '[]', '{"data":{}}', Uint8Array.of(0xff, 0xfe)])
      transport.publish(topic, junk);
    service.append(bucket, `${key}-other`, ['uploaded'], { publish: false });
    const foreign = service.space.build({
      kind: 'state',
      identityId,
      uploadId: uploadIdOf(bucket, `${key}-other`),
    });
    transport.publish(foreign, 'nobody subscribed to this');
    service.append(bucket, key, ['uploaded']);
    expect(client.counters.invalidMessages).toBe(4);
    expect(warnings.every((text) => text.startsWith('400 message on '))).toBe(true);
    expect(emitted).toEqual(['synced', 'e1/1']);
  });

  it('skips an event of a kind it does not know, and counts its offset', async () => {
    const { client, runtime, service, transport } = bench();
    const warnings: number[] = [];
    client.on('warning', ({ reasonCode }) => warnings.push(reasonCode));
    const emitted = record(client.watch({ bucket, key }));
    await runtime.settle();
    const inner = transport.publish.bind(transport);
    transport.publish = (topic, message, options) =>
      inner(topic, JSON.stringify(message).replace('stepCaught', 'somethingNew'), options);
    service.append(bucket, key, ['uploaded', 'stepCaught', 'executionStarted']);
    expect(emitted).toEqual(['synced', 'e1/1', 'e1/3']);
    expect(warnings).toEqual([406]);
  });

  it('is not disturbed by a listener that throws', async () => {
    const { client, runtime, service } = bench();
    const warnings: number[] = [];
    client.on('warning', ({ reasonCode }) => {
      warnings.push(reasonCode);
      throw new Error('in a listener of warnings');
    });
    const watch = client.watch({ bucket, key });
    watch.on('event', () => {
      throw new Error('in a listener');
    });
    const emitted = record(watch);
    await runtime.settle();
    service.append(bucket, key, ['uploaded', 'executionStarted']);
    expect(emitted).toEqual(['synced', 'e1/1', 'e1/2']);
    expect(warnings).toEqual([405, 405]);
  });

  it('takes the props of a component, whose key React keeps for itself, as an address', async () => {
    const { client, service, runtime } = bench();
    const emitted = record(client.watch({ bucket, objectKey: key }));
    await runtime.settle();
    service.append(bucket, key, ['uploaded']);
    expect(emitted).toEqual(['synced', 'e1/1']);
  });

  it('refuses a text that is no upload ID', () => {
    const { client } = bench();
    expect(() => client.watch('not an id')).toThrow(ConfigurationError);
  });
});
