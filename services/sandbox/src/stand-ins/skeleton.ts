import { isJsonArray, isJsonObject, jsonOfText, type Json, type JsonObject } from '@stepcast/asl-interpreter';

interface Members {
  readonly members: Map<string, Members>;
  /** The value where nothing deeper is read. */
  leaf: Json | undefined;
  /** How long the list is, and the lists in it. */
  readonly lengths: number[];
}

/** Paths read at most; a definition of 1 MB may have more than anybody can use. */
const maxPaths = 2_000;
const maxLength = 10;
const maxValues = 100;
const maxResultPaths = 200;
const byPath = /\$((?:\.[A-Za-z_][\w-]*|\[\d+\]|\['[^'\]]+'\])+)/g;
const byExpression = /\$states\.(?:input|result)((?:\.[A-Za-z_]\w*|\[\d+\])+)/g;
const step = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^'\]]+)'\]/g;

/**
 * What the states of a definition read of their input, as one object: where a definition reads `$.order.id`, there is one.
 * A function that nobody has written answers with it, so that the states behind it find what they read. Values are what
 * the definition compares them with, or made up.
 */
export function skeletonOf(definition: string): JsonObject {
  const root = noMembers();
  const json = jsonOfText(definition);
  const resultPaths = json === undefined ? [] : resultPathsIn(json);
  let count = 0;

  function place(path: string, leaf: Json, isList: boolean): void {
    if (count > maxPaths) return;
    placeOne(path, leaf, isList);
    // An answer does not know where ResultPath puts it: behind `$.approval`, `$.approval.status` is its `status`.
    for (const prefix of resultPaths)
      if (path.startsWith(`${prefix}.`)) placeOne(path.slice(prefix.length), leaf, isList);
  }

  function placeOne(path: string, leaf: Json, isList: boolean): void {
    count += 1;
    if (count > maxPaths) return;
    let at = root;
    let depth = 0;
    for (const [, name, index, quoted] of path.matchAll(step)) {
      if (index !== undefined) {
        lengthen(at, depth, Number(index) + 1);
        depth += 1;
        continue;
      }
      const key = name ?? quoted ?? '';
      // What a service integration wraps around the answer of a function.
      if (key === 'Payload' && at === root) continue;
      const next = at.members.get(key) ?? noMembers();
      at.members.set(key, next);
      at = next;
      depth = 0;
    }
    at.leaf ??= leaf;
    if (isList) lengthen(at, depth, 1);
  }

  function walk(value: Json, field: string, owner: JsonObject): void {
    if (typeof value === 'string') read(value, field, owner);
    else if (isJsonArray(value)) for (const one of value) walk(one, field, owner);
    else if (isJsonObject(value)) for (const [name, one] of Object.entries(value)) walk(one, name, value);
  }

  function read(text: string, field: string, owner: JsonObject): void {
    // What may be missing is: a rule that asks whether there is a next page would go on for ever.
    if (field === 'ResultPath' || (field === 'Variable' && 'IsPresent' in owner)) return;
    const isList = field === 'ItemsPath' || field === 'Items' || text.includes('Array');
    const leaf = field === 'Variable' ? comparedWith(owner) : leafFor(field, text);
    if (text.startsWith('$') || text.startsWith('States.'))
      for (const [whole, path = ''] of text.replaceAll('$$', ' ').matchAll(byPath))
        place(path, leaf, isList || text.includes(`${whole}[`));
    for (const [, path = ''] of text.matchAll(byExpression)) place(path, leaf, isList);
  }

  if (json !== undefined) walk(json, '', {});
  const built = build(root);
  return isJsonObject(built) ? built : {};
}

/** The value that a Choice rule asks for. */
function comparedWith(rule: JsonObject): Json {
  const [, wanted = 'stand-in'] =
    Object.entries(rule).find(([name]) => /(?:Equals|LessThan|GreaterThan|Matches)/.test(name)) ?? [];
  return typeof wanted === 'string' && wanted.startsWith('$') ? 'stand-in' : wanted;
}

function leafFor(field: string, text: string): Json {
  if (text.startsWith('States.Math')) return 1;
  if (/^(?:Seconds|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|Tolerated\w+)(?:Path)?$/.test(field))
    return 1;
  if (field === 'TimestampPath' || field === 'Timestamp') return '1970-01-01T00:00:00Z';
  return 'stand-in';
}

function noMembers(): Members {
  return { members: new Map(), leaf: undefined, lengths: [] };
}

function lengthen({ lengths }: Members, depth: number, length: number): void {
  lengths[depth] = Math.max(lengths[depth] ?? 1, Math.min(length, maxLength));
}

/** What `ResultPath` says in all states, without `$`. */
function resultPathsIn(value: Json): readonly string[] {
  const found = new Set<string>();
  const walk = (one: Json): void => {
    if (isJsonArray(one)) one.forEach(walk);
    if (!isJsonObject(one)) return;
    if (typeof one.ResultPath === 'string' && one.ResultPath.length > 1) found.add(one.ResultPath.slice(1));
    Object.values(one).forEach(walk);
  };
  walk(value);
  return [...found].slice(0, maxResultPaths);
}

/** @param room how many values may stand where one is read: lists in lists would grow beyond all bounds */
function build({ members, leaf, lengths }: Members, room = maxValues): Json {
  const bounded: number[] = [];
  let rest = room;
  for (const length of lengths) {
    bounded.push(Math.min(length, rest));
    rest = Math.max(1, Math.floor(rest / length));
  }
  const value: Json =
    members.size === 0
      ? (leaf ?? 'stand-in')
      : Object.fromEntries([...members].map(([name, one]) => [name, build(one, rest)]));
  return bounded.reduceRight<Json>((inner, length) => Array.from({ length }, () => inner), value);
}
