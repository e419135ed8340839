import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { REASONS } from './codes.ts';
import { StepcastError } from './errors.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rows = [...readme.matchAll(/^\| (\d+) +\| `(\w+)` +\|/gm)].map(([, code, name]) => `${code} ${name}`);

describe('the reason codes', () => {
  it('are all in the README, and the README has no others', () => {
    const codes = Object.entries(REASONS).map(([name, { code }]) => `${code} ${name}`);
    expect(rows.toSorted()).toEqual(codes.toSorted());
  });

  it('are unique', () => {
    const codes = Object.values(REASONS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('decide whether an error is retried', () => {
    expect(new StepcastError('handshakeFailed')).toMatchObject({
      code: 'WEB_HANDSHAKE_FAILED',
      reasonCode: 101,
      retryable: true,
    });
    expect(new StepcastError('denied').retryable).toBe(false);
  });
});
