import { isObject } from './json.ts';
import type { OutlineState, WorkflowOutline } from './outline.ts';

// Apart from the schemas, so that a page that draws its own definition loads no zod.

/** Bytes of UTF-8 JSON that an outline may take. About 1,000 states fit. */
export const MAX_OUTLINE_BYTES = 64 * 1024;

/** Maps and Parallels inside one another that are read. */
const MAX_DEPTH = 64;

/** Each state takes more than this; a definition that has more than fit is refused before all of it was walked. */
const LEAST_BYTES_PER_STATE = 24;

export type OutlineResult =
  | { readonly ok: true; readonly outline: WorkflowOutline }
  /** What was wrong, in one sentence. Names no part of the definition. */
  | { readonly ok: false; readonly reason: string };

/**
 * Takes the outline out of a definition in Amazon States Language, already read from its JSON. By allow-list: names, types and
 * where each state leads; whatever else the definition holds is not read. Total: takes any value.
 *
 * @param maxBytes of UTF-8 JSON that the outline may take. Default {@link MAX_OUTLINE_BYTES}
 */
export function outlineOf(definition: unknown, maxBytes: number = MAX_OUTLINE_BYTES): OutlineResult {
  const states: OutlineState[] = [];
  const mostStates = Math.floor(maxBytes / LEAST_BYTES_PER_STATE);
  try {
    walk(definition, {}, 0);
  } catch (thrown) {
    if (thrown instanceof Refusal) return { ok: false, reason: thrown.message };
    throw thrown;
  }
  if (new Set(states.map(({ name }) => name)).size < states.length)
    return { ok: false, reason: 'two states of the definition have the same name' };
  const bytes = new TextEncoder().encode(JSON.stringify({ states })).length;
  return bytes > maxBytes ? { ok: false, reason: tooLarge(maxBytes) } : { ok: true, outline: { states } };

  function walk(scope: unknown, place: Pick<OutlineState, 'inside' | 'branch'>, depth: number): void {
    if (!isObject(scope) || typeof scope['StartAt'] !== 'string' || !isObject(scope['States']))
      throw new Refusal('not a definition in Amazon States Language: StartAt or States is missing');
    if (depth > MAX_DEPTH) throw new Refusal(`more than ${MAX_DEPTH} Maps and Parallels inside one another`);
    for (const [name, state] of Object.entries(scope['States'])) {
      if (states.length >= mostStates) throw new Refusal(tooLarge(maxBytes));
      if (!isObject(state))
        throw new Refusal('not a definition in Amazon States Language: a state is no object');
      const type = typeOf(state['Type']);
      const next = followers(state);
      const caught = texts(listOf(state['Catch']), 'Next');
      states.push({
        name,
        type,
        ...(name === scope['StartAt'] ? { start: true } : {}),
        ...(next.length === 0 ? {} : { next }),
        ...(caught.length === 0 ? {} : { caught }),
        ...place,
      });
      if (type === 'Parallel')
        for (const [branch, inner] of listOf(state['Branches']).entries())
          walk(inner, { inside: name, branch }, depth + 1);
      // `Iterator` is the older name.
      const items = state['ItemProcessor'] ?? state['Iterator'];
      if (type === 'Map' && items !== undefined) walk(items, { inside: name }, depth + 1);
    }
  }
}

class Refusal extends Error {}

function tooLarge(maxBytes: number): string {
  return `the outline of the definition is larger than ${maxBytes} bytes`;
}

const TYPES: readonly OutlineState['type'][] = [
  'Task',
  'Pass',
  'Choice',
  'Wait',
  'Succeed',
  'Fail',
  'Parallel',
  'Map',
];

function typeOf(value: unknown): OutlineState['type'] {
  return TYPES.find((type) => type === value) ?? 'Unknown';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(values: readonly unknown[], field: string): string[] {
  const found = values.map((value) => (isObject(value) ? value[field] : undefined));
  return [...new Set(found.filter((one) => typeof one === 'string'))];
}

function followers(state: Readonly<Record<string, unknown>>): string[] {
  return [
    ...new Set([
      ...texts([state], 'Next'),
      ...texts(listOf(state['Choices']), 'Next'),
      ...texts([state], 'Default'),
    ]),
  ];
}
