import { Cursor, takeQuoted } from './cursor.ts';
import { parseFilter } from './parse-filter.ts';
import { pathFunctions, type Path, type PathFunction, type PathRoot, type PathStep } from './syntax.ts';

const variable = /\$([A-Za-z_]\w*)/y;
/** A colon may be in it, as in `$.Metadata.aws:backup:request-id`: seen in a published template of CloudFormation. */
const name = /[^.[\]*?()'",@~^`\s&|=!<>]+/y;
const integer = /-?\d+/y;
/** `[(@.length-1)]`: the last element. */
const fromEnd = /\(\s*@\.length\s*-\s*(\d+)\s*\)/y;
const call = /\.(\w+)\(\s*\)/y;

/** Reads the whole text as a path. @throws PathSyntaxError */
export function parsePath(text: string): Path {
  const cursor = new Cursor(text);
  const path = readPath(cursor);
  if (!cursor.isAtEnd) throw cursor.problem('unexpected text');
  return path;
}

/** Reads a path as far as it goes. */
export function readPath(cursor: Cursor): Path {
  const root = readRoot(cursor);
  const steps: PathStep[] = [];
  let last: PathFunction | undefined;
  for (;;) {
    last = readCall(cursor);
    if (last !== undefined || !readStep(cursor, steps)) return { root, steps, call: last };
  }
}

function readRoot(cursor: Cursor): PathRoot {
  if (cursor.take('$$')) return { kind: 'context' };
  const named = cursor.match(variable)?.[1];
  if (named !== undefined) return { kind: 'variable', name: named };
  if (cursor.take('$')) return { kind: 'input' };
  if (cursor.take('@')) return { kind: 'item' };
  throw cursor.problem('a path starts with $');
}

function readCall(cursor: Cursor): PathFunction | undefined {
  const start = cursor.at;
  const found = cursor.match(call)?.[1];
  if (found === undefined) return undefined;
  const known = pathFunctions.find((one) => one === found);
  if (known !== undefined) return known;
  cursor.at = start;
  throw cursor.problem(`there is no function ${found}()`);
}

/** Reads one step, and `..` before it as a step of its own; false if no step is next. */
function readStep(cursor: Cursor, steps: PathStep[]): boolean {
  if (cursor.take('..')) steps.push({ kind: 'descend' });
  else if (!cursor.take('.')) {
    if (cursor.text[cursor.at] !== '[') return false;
    steps.push(readBrackets(cursor));
    return true;
  }
  if (cursor.text[cursor.at] === '[') steps.push(readBrackets(cursor));
  else if (cursor.take('*')) steps.push({ kind: 'wildcard' });
  else {
    const found = cursor.match(name)?.[0];
    if (found === undefined) throw cursor.problem('a name is missing');
    steps.push({ kind: 'name', name: found });
  }
  return true;
}

function readBrackets(cursor: Cursor): PathStep {
  cursor.expect('[');
  cursor.skipSpace();
  const step = readSelector(cursor);
  cursor.expect(']');
  return step;
}

function readSelector(cursor: Cursor): PathStep {
  if (cursor.take('*')) return { kind: 'wildcard' };
  if (cursor.take('?')) return { kind: 'filter', condition: parseFilter(cursor, readPath) };
  const last = cursor.match(fromEnd)?.[1];
  if (last !== undefined) return { kind: 'indexes', indexes: [-Number(last)] };
  const first = takeQuoted(cursor);
  if (first !== undefined) {
    const names = [first, ...readMore(cursor, () => takeQuoted(cursor))];
    return names.length === 1 ? { kind: 'name', name: first } : { kind: 'names', names };
  }
  const index = readInteger(cursor);
  cursor.skipSpace();
  if (cursor.take(':')) return readSlice(cursor, index);
  if (index === undefined) throw cursor.problem('an index, a quoted name, * or a filter is missing');
  return { kind: 'indexes', indexes: [index, ...readMore(cursor, () => readInteger(cursor))] };
}

function readInteger(cursor: Cursor): number | undefined {
  const digits = cursor.match(integer)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

function readMore<T>(cursor: Cursor, read: () => T | undefined): T[] {
  const more: T[] = [];
  for (;;) {
    cursor.skipSpace();
    if (!cursor.take(',')) return more;
    cursor.skipSpace();
    const one = read();
    if (one === undefined) throw cursor.problem('something is missing after the comma');
    more.push(one);
  }
}

function readSlice(cursor: Cursor, from: number | undefined): PathStep {
  cursor.skipSpace();
  const to = readInteger(cursor);
  cursor.skipSpace();
  const by = cursor.take(':') ? (readInteger(cursor) ?? 1) : 1;
  if (by < 1) throw cursor.problem('the step of a slice must be 1 or more');
  return { kind: 'slice', from, to, by };
}
