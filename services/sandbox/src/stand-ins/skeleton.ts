import { isJsonArray, isJsonObject, jsonOfText, type Json, type JsonObject } from '@stepcast/asl-interpreter';

interface Members {
  readonly members: Map<string, Members>;
  /** The value where nothing deeper is read. */
  leaf: Json | undefined;
  isList: boolean;
}

/** Paths read at most; a definition of 1 MB may have more than anybody can use. */
const maxPaths = 2_000;
const byPath = /\$((?:\.[A-Za-z_][\w-]*|\[\d+\]|\['[^'\]]+'\])+)/g;
const byExpression = /\$states\.(?:input|result)((?:\.[A-Za-z_]\w*|\[\d+\])+)/g;
const step = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^'\]]+)'\]/g;

/**
 * What the states of a definition read of their input, as one object: where a definition reads `$.order.id`, there is one.
 * A function that nobody has written answers with it, so that the states behind it find what they look for. Values are what
 * the definition compares them with, or made up.
 */
export function skeletonOf(definition: string): JsonObject {
  const root: Members = { members: new Map(), leaf: undefined, isList: false };
  let count = 0;

  function place(path: string, leaf: Json, isList: boolean): void {
    count += 1;
    if (count > maxPaths) return;
    let at = root;
    for (const [, name, index, quoted] of path.matchAll(step)) {
      if (index !== undefined) {
        at.isList = true;
        continue;
      }
      const key = name ?? quoted ?? '';
      // What a service integration wraps around the answer of a function.
      if (key === 'Payload' && at === root) continue;
      const next = at.members.get(key) ?? { members: new Map(), leaf: undefined, isList: false };
      at.members.set(key, next);
      at = next;
    }
    at.leaf ??= leaf;
    at.isList ||= isList;
  }

  function walk(value: Json, field: string, owner: JsonObject): void {
    if (typeof value === 'string') read(value, field, owner);
    else if (isJsonArray(value)) for (const one of value) walk(one, field, owner);
    else if (isJsonObject(value)) for (const [name, one] of Object.entries(value)) walk(one, name, value);
  }

  function read(text: string, field: string, owner: JsonObject): void {
    if (field === 'ResultPath') return;
    const isList = field === 'ItemsPath' || field === 'Items' || text.includes('Array');
    const leaf = field === 'Variable' ? comparedWith(owner) : leafFor(field);
    if (text.startsWith('$') || text.startsWith('States.'))
      for (const [whole, path = ''] of text.replaceAll('$$', ' ').matchAll(byPath))
        place(path, leaf, isList || text.includes(`${whole}[`));
    for (const [, path = ''] of text.matchAll(byExpression)) place(path, leaf, isList);
  }

  const json = jsonOfText(definition);
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

function leafFor(field: string): Json {
  if (/^(?:Seconds|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|Tolerated\w+)(?:Path)?$/.test(field))
    return 1;
  if (field === 'TimestampPath' || field === 'Timestamp') return '1970-01-01T00:00:00Z';
  return 'stand-in';
}

function build({ members, leaf, isList }: Members): Json {
  const value: Json =
    members.size === 0
      ? (leaf ?? 'stand-in')
      : Object.fromEntries([...members].map(([name, one]) => [name, build(one)]));
  return isList ? [value] : value;
}
