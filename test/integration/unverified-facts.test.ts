import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FACTS } from '../verify-aws/facts.ts';
import { factsPage } from '../verify-aws/page.ts';
import { PROBES } from '../verify-aws/probes/index.ts';
import { percentile, report, rowsOf } from '../verify-aws/report.ts';

const page = join(import.meta.dirname, '..', '..', 'docs', 'operations', 'unverified-facts.md');

it('the page of unverified facts is what the list of facts gives', async () => {
  expect(await readFile(page, 'utf8')).toBe(await factsPage(page));
});

it('every fact has a name of its own, and a probe or the reason why it has none', () => {
  expect(new Set(FACTS.map(({ id }) => id)).size).toBe(FACTS.length);
  for (const { probe } of FACTS) if (typeof probe !== 'string') expect(probe.notTried).not.toBe('');
});

it('every probe is named by a fact, and every probe that a fact names is there', () => {
  const named = new Set(FACTS.flatMap(({ probe }) => (typeof probe === 'string' ? [probe] : [])));
  // Uploads that the run makes anyway.
  expect([...Object.keys(PROBES), 'oddKey', 'expressUpload'].toSorted()).toEqual([...named].toSorted());
});

it('the bucket’s deny is probed first', () => {
  expect(Object.keys(PROBES)[0]).toBe('bucketKey');
  expect(FACTS[0]?.probe).toBe('bucketKey');
});

it('the report has a row for every fact, whether its probe ran or not', () => {
  const seen = [{ fact: 'sfn.form-of-truncation', verdict: 'refuted' as const, seen: 'no | input' }];
  const rows = rowsOf(seen);
  expect(rows.map(({ fact }) => fact)).toEqual(FACTS.map(({ id }) => id));
  const hops = {
    hop: { values: [1, 2, 3] },
    counted: { values: [250, 500], areBounds: true },
    none: { values: [] },
  };
  const kinds = { uploaded: { values: [4] } };
  const text = report('a place', seen, { hops, kinds, uploads: 3, events: 30, minutes: 6 });
  expect(text).toContain(`0 confirmed, 1 refuted, ${FACTS.length - 1} not tried`);
  expect(text).toContain('no \\| input | **refuted**');
  expect(text).toContain(
    '| hop | 3 | 2 ms | 3 ms |\n| counted | 2 | ≤ 250 ms | ≤ 500 ms |\n| none | 0 | - | - |\n',
  );
  expect(text).toContain('| uploaded | 1 | 4 ms | 4 ms |');
});

it.each([
  [0.5, [3, 1, 2], 2],
  [0.99, [3, 1, 2], 3],
  [0.5, [7], 7],
  [0.5, [], Number.NaN],
])('the percentile %d of %j is %d', (share, values, expected) => {
  expect(percentile(values, share)).toBe(expected);
});
