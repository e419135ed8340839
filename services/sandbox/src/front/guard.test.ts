import { describe, expect, it } from 'vitest';
import { createGuard } from './guard.ts';

const guard = createGuard({ hosts: ['sandbox'], origins: undefined });

describe('the host', () => {
  it.each(['127.0.0.1:4200', 'localhost:4200', '[::1]:4200', 'sandbox:4200', '10.0.0.7', 'LOCALHOST'])(
    'is one of the sandbox: %s',
    (host) => {
      expect(guard({ host })).toBeUndefined();
    },
  );

  it.each([
    undefined,
    '',
    'rebound.example:4200',
    'localhost.example',
    '127.0.0.1.example',
    'a b',
    'sandbox.example',
  ])('is a name that somebody else had resolve to this machine: %s', (host) => {
    expect(guard({ host })?.code).toBe('SANDBOX_HOST_REFUSED');
  });
});

describe('the origin', () => {
  const at = (origin: string, origins?: readonly string[]) =>
    createGuard({ hosts: [], origins })({ host: '127.0.0.1:4200', origin })?.code;

  it.each(['http://127.0.0.1:4200', 'http://localhost:5173', 'https://localhost', 'http://[::1]:3000'])(
    'is a page of this machine: %s',
    (origin) => {
      expect(at(origin)).toBeUndefined();
    },
  );

  it.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'file://',
    '',
  ])('is a page of somebody else: %s', (origin) => {
    expect(at(origin)).toBe('SANDBOX_ORIGIN_REFUSED');
  });

  it('is one of those that are named, and no other, but always its own page', () => {
    const named = ['https://app.example'];
    expect(at('https://app.example', named)).toBeUndefined();
    expect(at('http://localhost:5173', named)).toBe('SANDBOX_ORIGIN_REFUSED');
    expect(at('http://127.0.0.1:4200', named)).toBeUndefined();
    expect(at('https://anything.example', ['*'])).toBeUndefined();
  });
});
