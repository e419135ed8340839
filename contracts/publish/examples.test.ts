import { expect, it } from 'vitest';
import { example } from './examples.ts';

it('says in a line which example its schema refuses, and where: contracts:check ended with a stack trace', () => {
  expect(() =>
    example('ProvisionRequest', 'wrong', 'A request that is none.', { workflows: 7 }),
  ).not.toThrow();
  expect(() =>
    example('CatchUpRequestMessage', 'wrong', 'A request that is none.', { data: { requestId: 7 } }),
  ).toThrow(
    /^the example wrong of CatchUpRequestMessage is refused by its schema: .*data\.requestId: .*; change it in contracts\/publish\/examples\.ts$/,
  );
});
