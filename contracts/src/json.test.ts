import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { parseJson } from './json.ts';

describe('parseJson', () => {
  it('says that a text is nested too deeply, where the schema would go down with it past the stack', () => {
    const depth = 200_000;
    const text = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(parseJson(z.json(), text)).toEqual({
      ok: false,
      issues: [{ path: '$', problem: 'nested too deeply' }],
    });
  });

  it('reads what the schema allows', () => {
    expect(parseJson(z.json(), '{"a":[1,null]}')).toEqual({ ok: true, value: { a: [1, null] } });
  });
});
