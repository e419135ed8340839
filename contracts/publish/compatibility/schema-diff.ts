import type { Definitions, SchemaNode } from '../schemas/schema-node.ts';
import type { Change, Direction } from './change.ts';

/**
 * What the new schema accepts, compared with the old one: `wider` more, `narrower` less, `other` something else.
 * `promise` is less too, but something that a reader may be waiting for.
 */
type Effect = 'wider' | 'narrower' | 'other' | 'promise' | 'none';

/**
 * Old readers read what the service sends by the new schema, so that may become narrower; old clients send by the old schema what the
 * service reads by the new one, so that may become wider.
 */
function kindOf(effect: Effect, direction: Direction): Change['kind'] {
  if (effect === 'none') return 'harmless';
  return effect === (direction === 'sent' ? 'narrower' : 'wider') ? 'harmless' : 'breaking';
}

interface Side {
  readonly definitions: Definitions;
  readonly node: SchemaNode;
}

/** Compares a message in two versions of its schema, with all that they refer to. */
export function compareSchemas(
  name: string,
  direction: Direction,
  before: Definitions,
  after: Definitions,
): readonly Change[] {
  const comparison = new Comparison(direction);
  comparison.compare(name, sideOf(before, name), sideOf(after, name));
  return comparison.changes;
}

function sideOf(definitions: Definitions, name: string): Side {
  return { definitions, node: { $ref: name } };
}

/** Follows references; a description beside one does not matter. */
function resolved({ definitions, node }: Side): Side {
  const [only, ...others] = node.allOf ?? [];
  if (only !== undefined && others.length === 0) return resolved({ definitions, node: only });
  if (node.$ref === undefined) return { definitions, node };
  const target = definitions[node.$ref];
  if (target === undefined) throw new RangeError(`no schema is named ${node.$ref}`);
  return resolved({ definitions, node: target });
}

/** A greater value of these accepts less; of the others, more. */
const LOWER_BOUNDS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems'] as const;
const UPPER_BOUNDS = ['maximum', 'maxLength', 'maxItems'] as const;
const TEXT_RULES = ['pattern', 'format'] as const;

class Comparison {
  readonly changes: Change[] = [];
  readonly #direction: Direction;
  /** Pairs that were or are being compared; a schema may contain itself. */
  readonly #seen = new Map<SchemaNode, Set<SchemaNode>>();

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  #note(where: string, effect: Effect, what: string): void {
    this.changes.push({ kind: kindOf(effect, this.#direction), where, what });
  }

  compare(where: string, old: Side, fresh: Side, isOpen = false): void {
    const [before, after] = [resolved(old), resolved(fresh)];
    const seen = this.#seen.get(before.node) ?? new Set();
    if (seen.has(after.node)) return;
    this.#seen.set(before.node, seen.add(after.node));
    if (alternativesOf(before.node) !== undefined || alternativesOf(after.node) !== undefined) {
      this.#compareAlternatives(where, before, after);
      return;
    }
    if (!this.#compareTypes(where, before.node, after.node)) return;
    this.#compareWords(where, before.node, after.node, isOpen);
    this.#compareRules(where, before.node, after.node);
    this.#compareProperties(where, before, after);
    this.#compareInner(`${where}[]`, 'items', before, after);
    this.#compareInner(`${where}.*`, 'additionalProperties', before, after);
  }

  /** @returns false when nothing more can be said */
  #compareTypes(where: string, before: SchemaNode, after: SchemaNode): boolean {
    if (before.type === after.type) return true;
    const what = `type ${before.type ?? 'any'} became ${after.type ?? 'any'}`;
    if (isNumeric(before) && isNumeric(after)) {
      this.#note(where, after.type === 'integer' ? 'narrower' : 'wider', what);
      // Both have the same rules.
      return true;
    }
    this.#note(where, after.type === undefined ? 'wider' : 'other', what);
    return false;
  }

  #compareWords(where: string, before: SchemaNode, after: SchemaNode, isOpen: boolean): void {
    const [old, fresh] = [wordsOf(before), wordsOf(after)];
    if (old === undefined && fresh === undefined) return;
    if (old === undefined) this.#note(where, 'narrower', 'only some values are allowed now');
    else if (fresh === undefined) this.#note(where, 'wider', 'any value is allowed now');
    else {
      for (const word of fresh.filter((one) => !old.includes(one)))
        this.#note(where, isOpen ? 'none' : 'wider', `value ${word} was added`);
      for (const word of old.filter((one) => !fresh.includes(one)))
        this.#note(where, 'promise', `value ${word} was removed`);
    }
  }

  #compareRules(where: string, before: SchemaNode, after: SchemaNode): void {
    const note = (
      name: string,
      old: string | number | undefined,
      fresh: string | number | undefined,
      narrows: Effect,
    ) => {
      if (old === fresh) return;
      const what = `${name} ${old ?? 'none'} became ${fresh ?? 'none'}`;
      if (old === undefined) this.#note(where, 'narrower', what);
      else if (fresh === undefined) this.#note(where, 'wider', what);
      else this.#note(where, narrows, what);
    };
    const rises = (old: number | undefined, fresh: number | undefined) => (fresh ?? 0) > (old ?? 0);
    for (const name of LOWER_BOUNDS)
      note(name, before[name], after[name], rises(before[name], after[name]) ? 'narrower' : 'wider');
    for (const name of UPPER_BOUNDS)
      note(name, before[name], after[name], rises(before[name], after[name]) ? 'wider' : 'narrower');
    for (const name of TEXT_RULES) note(name, before[name], after[name], 'other');
  }

  #compareProperties(where: string, before: Side, after: Side): void {
    const [old, fresh] = [before.node.properties ?? {}, after.node.properties ?? {}];
    const isRequired = (side: Side, name: string) => side.node.required?.includes(name) === true;
    for (const [name, node] of Object.entries(old)) {
      const counterpart = fresh[name];
      const place = `${where}.${name}`;
      if (counterpart === undefined) {
        this.#note(place, 'promise', 'the property was removed or renamed');
        continue;
      }
      if (isRequired(before, name) && !isRequired(after, name))
        this.#note(place, 'wider', 'the property became optional');
      if (!isRequired(before, name) && isRequired(after, name))
        this.#note(place, 'narrower', 'the property became required');
      this.compare(
        place,
        { definitions: before.definitions, node },
        { definitions: after.definitions, node: counterpart },
      );
    }
    for (const name of Object.keys(fresh).filter((one) => old[one] === undefined)) {
      const required = isRequired(after, name);
      const what = `${required ? 'a required' : 'an optional'} property was added`;
      this.#note(`${where}.${name}`, required ? 'narrower' : 'none', what);
    }
  }

  #compareInner(where: string, keyword: 'items' | 'additionalProperties', before: Side, after: Side): void {
    const [old, fresh] = [before.node[keyword], after.node[keyword]];
    if (old === undefined && fresh === undefined) return;
    if (old === undefined) this.#note(where, 'narrower', `${keyword} got a schema`);
    else if (fresh === undefined) this.#note(where, 'wider', `${keyword} lost its schema`);
    else
      this.compare(
        where,
        { definitions: before.definitions, node: old },
        { definitions: after.definitions, node: fresh },
      );
  }

  #compareAlternatives(where: string, before: Side, after: Side): void {
    const [old, fresh] = [byKey(before), byKey(after)];
    const isOpen = old.has(ANY_TEXT) && fresh.has(ANY_TEXT);
    for (const [key, side] of old) {
      const counterpart = fresh.get(key);
      if (counterpart !== undefined) this.compare(`${where}(${key})`, side, counterpart, isOpen);
      else this.#note(where, key === 'null' ? 'narrower' : 'promise', `the alternative ${key} was removed`);
    }
    for (const key of [...fresh.keys()].filter((one) => !old.has(one)))
      this.#note(where, 'wider', `the alternative ${key} was added`);
  }
}

function isNumeric({ type }: SchemaNode): boolean {
  return type === 'number' || type === 'integer';
}

function alternativesOf(node: SchemaNode): readonly SchemaNode[] | undefined {
  return node.anyOf ?? node.oneOf;
}

function wordsOf(node: SchemaNode): string[] | undefined {
  if (node.const !== undefined) return [JSON.stringify(node.const)];
  return node.enum?.map((word) => JSON.stringify(word));
}

/** Any text at all, beside a list of words: the list is open. */
const ANY_TEXT = 'any text';

/** The alternatives of a schema by what tells them apart; one that has none is its own only one. */
function byKey(side: Side): Map<string, Side> {
  const nodes = alternativesOf(side.node) ?? [side.node];
  const sides = nodes.map((node) => resolved({ definitions: side.definitions, node }));
  const hasWords = sides.some(({ node }) => node.enum !== undefined);
  return new Map(sides.map((one, index) => [keyOf(one.node, index, hasWords), one]));
}

function keyOf(node: SchemaNode, index: number, hasWords: boolean): string {
  const tag = Object.entries(node.properties ?? {}).find(([, one]) => one.const !== undefined);
  if (tag !== undefined) return `${tag[0]}=${String(tag[1].const)}`;
  if (hasWords && node.type === 'string' && node.enum === undefined) return ANY_TEXT;
  return node.type ?? `number ${index}`;
}
