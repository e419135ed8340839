import { describe, expect, it } from 'vitest';
import { validateDefinition } from './validate.ts';

const problemOf = (text: string): string | undefined => {
  const result = validateDefinition(text);
  return result.ok ? undefined : result.problem;
};

function chainOf(count: number, state: (index: number) => object = () => ({ Type: 'Pass' })): string {
  const States = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `S${index}`,
      { ...state(index), ...(index === count - 1 ? { End: true } : { Next: `S${index + 1}` }) },
    ]),
  );
  return JSON.stringify({ StartAt: 'S0', States });
}
/** Branches within branches. */
function nested(depth: number): string {
  let machine: object = { StartAt: 'L', States: { L: { Type: 'Succeed' } } };
  for (let level = 0; level < depth; level += 1)
    machine = {
      StartAt: `P${level}`,
      States: { [`P${level}`]: { Type: 'Parallel', Branches: [machine], End: true } },
    };
  return JSON.stringify(machine);
}

describe('a large definition', () => {
  it('of 10,000 states is taken', () => {
    expect(problemOf(chainOf(10_000))).toBeUndefined();
  });

  it('of 1 MiB is taken, and one character more is not', () => {
    const text = (comment: string) =>
      JSON.stringify({ Comment: comment, StartAt: 'S', States: { S: { Type: 'Pass', End: true } } });
    const room = 1_048_576 - text('').length;
    expect(problemOf(text('x'.repeat(room)))).toBeUndefined();
    expect(problemOf(text('x'.repeat(room + 1)))).toContain('longer than 1048576 characters');
  });

  it('names the first twenty of its problems', () => {
    expect(problemOf(chainOf(1_000, () => ({ Type: 'Pass', Nope: 1 })))).toMatch(
      / at \$\.States\.S19\.Nope, and \d+ more$/,
    );
  });

  it('that is nested as deep as JSON may be is taken, and deeper is refused with a clear line', () => {
    expect(problemOf(nested(200))).toBeUndefined();
    expect(problemOf(nested(400))).toBe('INVALID_JSON_DESCRIPTION: not a JSON object at $');
    expect(problemOf(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`)).toContain('INVALID_JSON_DESCRIPTION');
  });

  it('with an expression that is very long is refused', () => {
    const Output = `{% ${'1+'.repeat(20_000)}1 %}`;
    const text = JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'S',
      States: { S: { Type: 'Pass', Output, End: true } },
    });
    expect(problemOf(text)).toContain('longer than 32768 characters');
  });
});
