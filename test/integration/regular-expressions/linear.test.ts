import { describe, expect, it } from 'vitest';
import { check } from 'recheck';
import { IS_LONG } from '../../support/long-form.ts';
import { expressionsOf, shippedExpressions, type FoundExpression } from './sources.ts';

/** One check may take long on a busy machine; it is pure computation. */
const CHECK_MS = 60_000;
/** Checking all of them computes for half a minute: `npm run test:properties` does. Each is run over hostile texts always. */
const CHECKS_ALL = IS_LONG;
const LENGTH = 50_000;
/** Linear ones take a millisecond for so long a text, quadratic ones minutes. */
const AT_MOST_MS = 500;

/** Without a quantifier that has no upper bound, the work at each place of a text is bounded. */
function mayRepeatForEver({ source }: FoundExpression): boolean {
  return /[*+]|\{\d+,\}/.test(source);
}

async function verdictOn({ source, flags }: FoundExpression): Promise<string> {
  // The same seed each time: what automata cannot decide is decided by fuzzing, which must not depend on the day.
  return (await check(source, flags, { timeout: CHECK_MS, randomSeed: 1 })).status;
}

/** Texts that repeat what the expression itself is made of, and do not end as it wants. */
function* hostileTexts({ source }: FoundExpression): Generator<string> {
  const characters = new Set(Array.from(`${source} \t-"a0`));
  for (const character of characters) yield `${character.repeat(LENGTH)}\u0000`;
  const words = source.match(/[A-Za-z][A-Za-z -]+/g) ?? [];
  for (const word of words) yield `${word.repeat(Math.ceil(LENGTH / word.length))}\u0000`;
}

/** Of the processor, not of the clock: a machine that is busy elsewhere does not slow it down. */
function runMs(one: FoundExpression, text: string): number {
  const expression = new RegExp(one.source, one.flags);
  const before = process.threadCpuUsage();
  expression.test(text);
  return process.threadCpuUsage(before).user / 1_000;
}

function slowestMs(one: FoundExpression): number {
  return Math.max(0, ...[...hostileTexts(one)].map((text) => runMs(one, text)));
}

const { literals, constructed } = shippedExpressions();
const named = literals.map((one) => ({ ...one, name: `/${one.source}/${one.flags}`, at: one.places[0] }));

it('the check finds regular expressions, and those made at run time', () => {
  const text = [
    'const a = /(x+)+$/g;',
    'const b = new RegExp(`^${a}$`);',
    'const c = RegExp("(d+)+$", "u");',
    'class Mine extends RegExp {}',
    't.match("(e+)+$");',
    't.match(/f/) ?? t.search(known);',
    'RegExp("g", flags);',
  ].join('\n');
  const found = expressionsOf('a.ts', text);
  expect(found.literals.map(({ source, flags, places }) => [source, flags, places[0]])).toEqual([
    ['(x+)+$', 'g', 'a.ts:1'],
    ['(d+)+$', 'u', 'a.ts:3'],
    ['(e+)+$', '', 'a.ts:5'],
    ['f', '', 'a.ts:6'],
  ]);
  expect(found.constructed).toEqual(['a.ts:2', 'a.ts:4', 'a.ts:7']);
  expect(named.length).toBeGreaterThan(100);
});

it.each([
  String.raw`^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg[\s>]`,
  String.raw`\s+at [\w$.<>[\] ]{1,80} ?\([^)]{0,200}\).*$`,
  String.raw`[/]+$`,
])('the check refuses what took more than linear time: %s', async (source) => {
  expect(await verdictOn({ source, flags: 's', places: [] })).not.toBe('safe');
});

it('no regular expression is made at run time, where nothing checks it', () => {
  expect(constructed).toEqual([]);
});

describe('in linear time, whatever the text, runs', () => {
  it.each(named.filter(mayRepeatForEver))(
    '$name of $at',
    async (one) => {
      if (CHECKS_ALL) expect(await verdictOn(one)).toBe('safe');
      expect(slowestMs(one)).toBeLessThan(AT_MOST_MS);
    },
    CHECK_MS + 10_000,
  );
});
