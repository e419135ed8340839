import { parseJson } from '@stepcast/contracts';
import type { JWK } from 'jose';
import * as z from 'zod';
import type { Keeper } from '../core/index.ts';
import { newSigningKey } from './tokens.ts';

const Key = z.object({
  kty: z.literal('RSA'),
  n: z.string(),
  e: z.string(),
  d: z.string(),
  p: z.string(),
  q: z.string(),
  dp: z.string(),
  dq: z.string(),
  qi: z.string(),
  kid: z.string(),
  alg: z.string(),
  use: z.string(),
});

const NAME = 'user pool';

/** The stored key of the user pool, or a new one, which is then stored: tokens stay valid across restarts. */
export async function storedSigningKey(keeper: Keeper): Promise<JWK> {
  for (const [, text] of keeper.entries()) {
    const parsed = parseJson(Key, text);
    if (parsed.ok) return parsed.value;
  }
  const key = await newSigningKey();
  keeper.put(NAME, JSON.stringify(key));
  return key;
}
