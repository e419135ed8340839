import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import { isAlias, isMap, isNode, isScalar, isSeq, parseDocument, type Document } from 'yaml';
import * as z from 'zod';
import { known, unavailable, type Evidence, type Setting } from '../domain/evidence.ts';
import { isSecretName } from '@stepcast/operations';
import { SettingsChangedError } from '../errors.ts';
import type { Repairs } from '../ports/repairs.port.ts';
import type { FileSource } from '../ports/sources.port.ts';

const MAX_BYTES = 4_000_000;

async function readText(path: string): Promise<Evidence<string>> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      return unavailable(`${size} bytes; a settings file or template has at most ${MAX_BYTES}`);
    return known(await readFile(path, 'utf8'));
  } catch (thrown) {
    const error = asError(thrown);
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    return unavailable(code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`);
  }
}

const assignment = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_.]*)(\s*=\s*)(.*)$/s;

function valueOf(raw: string): string {
  const quoted = /^(["'])(.*?)\1/.exec(raw.trim());
  return quoted?.[2] ?? raw.replace(/(^|\s)#.*$/s, '').trim();
}

/** The value of a secret is dropped here and stored nowhere. */
function setting(name: string, value: string, line: number | undefined): Setting {
  const withheld = isSecretName(name);
  return { name, value: withheld ? '' : value, withheld, line };
}

function settingsOfEnv(text: string): readonly Setting[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [, , name, , raw] = assignment.exec(line) ?? [];
    return name === undefined || raw === undefined ? [] : [setting(name, valueOf(raw), index + 1)];
  });
}

function settingsOfJson(value: unknown, name = ''): readonly Setting[] {
  if (typeof value === 'string') return [setting(name, value, undefined)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => settingsOfJson(inner, key));
}

/** More nodes than any template has; aliases of aliases would make more of a small file than memory holds. */
const MAX_NODES = 200_000;

class TooManyNodes extends Error {
  override readonly name = 'TooManyNodes';
}

/** A YAML document as plain values, with the short forms of CloudFormation (`!Sub x`) made into the long (`Fn::Sub`). */
function plainValue(document: Document): unknown {
  let nodes = 0;
  const convert = (node: unknown): unknown => {
    nodes += 1;
    if (nodes > MAX_NODES) throw new TooManyNodes(`more than ${MAX_NODES} nodes`);
    if (isAlias(node)) return convert(node.resolve(document));
    const value = isMap(node)
      ? Object.fromEntries(node.items.map(({ key, value: inner }) => [String(convert(key)), convert(inner)]))
      : isSeq(node)
        ? node.items.map(convert)
        : isScalar(node)
          ? node.value
          : undefined;
    const tag = isNode(node) ? /^!([A-Za-z0-9]+)$/.exec(node.tag ?? '')?.[1] : undefined;
    if (tag === undefined) return value;
    return { [tag === 'Ref' || tag === 'Condition' ? tag : `Fn::${tag}`]: value };
  };
  return convert(document.contents);
}

/** Settings files and templates of the machine that the doctor runs on. */
export function createLocalFiles(): FileSource & Pick<Repairs, 'setSetting'> {
  return {
    async settings(path) {
      const text = await readText(path);
      if (text.state === 'unavailable') return { path, entries: text };
      if (!path.endsWith('.json')) return { path, entries: known(settingsOfEnv(text.value)) };
      const parsed = parseJson(z.unknown(), text.value);
      return {
        path,
        entries: parsed.ok
          ? known(settingsOfJson(parsed.value))
          : unavailable('not JSON (comments and trailing commas are not part of it)'),
      };
    },
    async template(path) {
      const text = await readText(path);
      if (text.state === 'unavailable') return { path, document: text };
      // Tags that the parser does not know stay on their nodes, with a warning that nobody needs.
      const document = parseDocument(text.value, { logLevel: 'silent' });
      const [first] = document.errors;
      const wrong = (why: string) => ({ path, document: unavailable(`not a template: ${why}`) });
      if (first !== undefined) return wrong(first.message.split('\n', 1)[0] ?? '');
      try {
        return { path, document: known(plainValue(document)) };
      } catch (thrown) {
        return wrong(asError(thrown).message);
      }
    },
    async setSetting(path, line, name, value) {
      const lines = (await readFile(path, 'utf8')).split('\n');
      const [, indent, found, equals] = assignment.exec((lines[line - 1] ?? '').replace(/\r$/, '')) ?? [];
      if (found !== name || indent === undefined || equals === undefined)
        throw new SettingsChangedError(path, line, name);
      const ending = lines[line - 1]?.endsWith('\r') === true ? '\r' : '';
      lines[line - 1] = `${indent}${name}${equals}${value}${ending}`;
      const { mode } = await stat(path);
      const next = `${path}.stepcast-new`;
      await writeFile(next, lines.join('\n'), { mode });
      await rename(next, path);
    },
  };
}
