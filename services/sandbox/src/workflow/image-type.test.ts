import { describe, expect, it } from 'vitest';
import { IMAGE_TYPE_BYTES, imageTypeOf } from './image-type.ts';

const typeOf = (text: string) => imageTypeOf(Buffer.from(text, 'latin1'))?.format;

describe('an SVG', () => {
  it.each([
    '<svg>',
    '\n <svg xmlns="http://www.w3.org/2000/svg">',
    '<?xml version="1.0"?>\n<!-- made by hand --><!---->\n<svg width="1">',
    '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n<SVG >',
  ])('is recognised: %j', (text) => {
    expect(typeOf(text)).toBe('svg');
  });

  it.each(['<svgs>', '<!-- <svg>', '<html><svg>', '<!doctype html><svg>', '<?xml <svg', ''])(
    'is not %j',
    (text) => {
      expect(typeOf(text)).toBeUndefined();
    },
  );
});

it('511 bytes of comments are parsed in no time: a regular expression hung the sandbox for good', () => {
  const before = process.threadCpuUsage();
  expect(typeOf('<!---->'.repeat(73))).toBeUndefined();
  expect(process.threadCpuUsage(before).user).toBeLessThan(100_000);
  expect('<!---->'.repeat(73).length).toBeLessThanOrEqual(IMAGE_TYPE_BYTES);
});
