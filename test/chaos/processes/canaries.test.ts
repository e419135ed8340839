import { describe, expect, it } from 'vitest';
import { Canaries, findCanaries, type CanaryKind, type CanaryPlace } from './canaries.ts';

const canaries = new Canaries('t1');

describe('the search for canaries', () => {
  it.each<[CanaryKind, CanaryPlace]>([
    ['input', 'log'],
    ['output', 'message'],
    ['key', 'log'],
    ['key', 'metrics'],
    ['header', 'message'],
    ['errorline', 'log'],
    ['errorrest', 'message'],
    ['poison', 'deadLetter'],
    ['input', 'deadLetterOriginal'],
  ])('finds one of an %s in a %s', (kind, place) => {
    const text = `{"msg":"something ${canaries.make(kind)} else"}`;
    expect(findCanaries(place, 'here', text)).toMatchObject([{ kind, place, where: 'here' }]);
  });

  it.each<[CanaryKind, CanaryPlace]>([
    ['key', 'message'],
    ['errorline', 'message'],
    ['poison', 'deadLetterOriginal'],
  ])('lets one of a %s stand in a %s', (kind, place) => {
    expect(findCanaries(place, 'here', canaries.make(kind))).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4])('finds one in Base64 behind %i other bytes', (before) => {
    const text = Buffer.from(`${'a'.repeat(before)}${canaries.make('input')} and more`).toString('base64');
    expect(findCanaries('log', 'here', text)).toMatchObject([{ kind: 'encoded' }]);
  });

  it('makes each but once', () => {
    const made = Array.from({ length: 100 }, () => canaries.make('input'));
    expect(new Set(made).size).toBe(100);
  });
});
