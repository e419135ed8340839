import { describe, expect, it } from 'vitest';
import type { CallContext } from '../core/index.ts';
import { createEventBus } from './event-bus.ts';

const asked: string[] = [];
const call: CallContext = {
  requestId: 'r',
  principal: { kind: 'root', accountId: '111122223333' },
  authorize: (action, resource) => {
    asked.push(`${action} ${resource}`);
  },
};

async function put(entry: object): Promise<unknown> {
  const bus = createEventBus({
    region: 'us-east-1',
    accountId: '111122223333',
    name: 'stepcast',
    newId: () => 'id',
    onCorrelation: () => undefined,
  });
  const input = { Entries: [{ Source: 'stepcast', DetailType: 'x', Detail: '{}', ...entry }] };
  return bus.operations['PutEvents']?.(input, call);
}

describe('the event bus of the sandbox', () => {
  it('asks for the right to the bus that is named, and refuses an entry that is no message of the feed', async () => {
    expect(await put({ EventBusName: 'stepcast' })).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'MalformedDetail' }],
    });
    expect(asked).toEqual(['events:PutEvents arn:aws:events:us-east-1:111122223333:event-bus/stepcast']);
  });

  it('takes events of other sources, on it and on the default bus, as long as they are JSON', async () => {
    for (const bus of [{}, { EventBusName: 'stepcast' }]) {
      expect(await put({ ...bus, Source: 'orders', Detail: '{"id":1}' })).toMatchObject({
        FailedEntryCount: 0,
        Entries: [{ EventId: 'id' }],
      });
      expect(await put({ ...bus, Source: 'orders', Detail: '{' })).toMatchObject({ FailedEntryCount: 1 });
    }
  });

  it('has no other bus', async () => {
    await expect(async () => put({ EventBusName: 'orders' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});
