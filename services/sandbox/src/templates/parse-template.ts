import {
  isJsonObject,
  jsonOfText,
  jsonOfValue,
  textOfJson,
  type Json,
  type JsonObject,
} from '@stepcast/asl-interpreter';
import { asError } from '@stepcast/kit';
import { parseDocument, YAMLMap, type Document, type CollectionTag, type ScalarTag } from 'yaml';
import { TemplateError } from './errors.ts';
import { indentValues } from './indent-values.ts';

/** CloudFormation takes templates of 1 MB; what a tool writes may be larger until it is packaged. */
export const MAX_TEMPLATE_BYTES = 16 * 1024 * 1024;
/** CloudFormation has no such limit; nobody nests deeper. */
const maxDepth = 200;

/** Short forms of YAML and what they stand for: `!Ref x` is `{ "Ref": x }`. */
const short = ['Ref', 'Condition'];
const functions = [
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAtt',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Length',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
  'ToJsonString',
  'Transform',
];

const tags: (ScalarTag | CollectionTag)[] = [
  ...short.map((name) => [name, name] as const),
  ...functions.map((name) => [name, `Fn::${name}`] as const),
].flatMap(([name, key]) => {
  const tag = `!${name}`;
  const wrapped = (node: unknown): YAMLMap => {
    const map = new YAMLMap();
    map.set(key, node);
    return map;
  };
  return [
    { tag, resolve: (text: string) => ({ [key]: text }) },
    { tag, collection: 'seq' as const, resolve: wrapped },
    { tag, collection: 'map' as const, resolve: wrapped },
  ];
});

/** Reads JSON or YAML with the short forms of CloudFormation. @throws TemplateError */
export function parseText(text: string, file: string): JsonObject {
  if (Buffer.byteLength(text) > MAX_TEMPLATE_BYTES)
    throw new TemplateError(`${file} has more than ${MAX_TEMPLATE_BYTES} bytes`);
  const value = jsonOfText(text) ?? parseYaml(text, file);
  if (!isJsonObject(value)) throw new TemplateError(`${file} is neither an object in JSON nor one in YAML`);
  if (depthOf(value) > maxDepth) throw new TemplateError(`${file} is nested deeper than ${maxDepth} levels`);
  return value;
}

/**
 * The text of a definition as JSON: one in YAML becomes JSON, as SAM does with it; one in JSON stays as it is, broken or not.
 * @throws TemplateError
 */
export function definitionTextOf(text: string, file: string): string {
  return /\.ya?ml$/i.test(file) ? textOfJson(parseText(text, file)) : text;
}

function parseYaml(text: string, file: string): Json | undefined {
  const document = readYaml(text);
  // PyYAML, and so the tools of AWS, take texts and brackets that go over lines at the indent of their key.
  const indented = document.errors.length === 0 ? document : readYaml(indentValues(text));
  return valueOf(indented.errors.length === 0 ? indented : document, file);
}

function readYaml(text: string): Document.Parsed {
  // Of two equal keys the later one counts, as for the tools that read YAML in Python, and for JSON.
  return parseDocument(text, { customTags: tags, logLevel: 'error', uniqueKeys: false });
}

function valueOf(document: Document.Parsed, file: string): Json | undefined {
  const [error] = document.errors;
  if (error !== undefined) {
    const [place] = error.linePos ?? [];
    const where = place === undefined ? '' : ` at line ${place.line}, column ${place.col}`;
    throw new TemplateError(
      `${file} is neither JSON nor YAML${where}: ${error.message.split('\n', 1)[0] ?? ''}`,
    );
  }
  try {
    // Aliases that multiply are refused by the library.
    return jsonOfValue(document.toJS());
  } catch (thrown) {
    throw new TemplateError(`${file} cannot be read: ${asError(thrown).message}`, { cause: thrown });
  }
}

/** Without recursion: what is nested too deeply for that is what is searched for. */
function depthOf(value: Json): number {
  let depth = 0;
  let level: Json[] = [value];
  while (level.length > 0 && depth <= maxDepth) {
    depth += 1;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return depth;
}
