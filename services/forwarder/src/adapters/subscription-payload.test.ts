import { describe, expect, it } from 'vitest';
import { parseValue } from '@stepcast/contracts';
import fc from 'fast-check';
import { compiledSubscriptionPayload, SubscriptionPayload } from './subscription-payload.schema.ts';

describe('reading a payload', () => {
  const event = fc.oneof(
    fc.record({ id: fc.string(), message: fc.string() }, { requiredKeys: ['message'] }),
    fc.constant<unknown>(JSON.parse('{"message":"m","__proto__":{}}')),
    fc.record({ message: fc.jsonValue() }),
    fc.jsonValue(),
  );
  const payload = fc.record(
    {
      messageType: fc.oneof(fc.constant('DATA_MESSAGE'), fc.jsonValue()),
      logEvents: fc.oneof(fc.array(event), fc.jsonValue()),
      owner: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  it('takes or refuses what the schema does, with the same result and the same words', () => {
    fc.assert(
      fc.property(payload, (value) => {
        expect(compiledSubscriptionPayload.parse(value)).toEqual(parseValue(SubscriptionPayload, value));
      }),
    );
  });
});
