import { readJson } from '@stepcast/contracts';
import { decodeNotificationKey, evidenceOf, findConfigured, InputPath } from '@stepcast/wire';
import { isUpload, type UploadRules } from './upload-rules.ts';

/** How much of an input is examined. */
const MAX_DEPTH = 10;
const MAX_VALUES = 10_000;
/** Candidates that are tried. Each reads the whole input once more. */
const MAX_TRIED = 50;
/** Only names that are words are repeated: a name may hold data too. */
const word = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

interface Place {
  /** JMESPath. */
  readonly path: string;
  readonly text: string;
}

/**
 * A path that finds an upload in an input; undefined when there is none, or none that can be said in words. It is tried before it is
 * suggested. It holds names of members and the configured bucket, and no value of the input.
 */
export function suggestPath(input: string, rules: UploadRules): InputPath | undefined {
  const parsed = readJson(input);
  if (!parsed.ok) return undefined;
  const places = placesOf(parsed.value);
  const buckets = [
    ...places.filter(({ text }) => text === rules.bucket).map(({ path }) => path),
    ...(rules.bucket === undefined ? [] : [`'${rules.bucket}'`]),
  ];
  const candidates = places.flatMap(({ path, text }): object[] => {
    if (text.startsWith('s3://')) return [{ uri: path }, { uri: path, encoding: 'url' }];
    if (text.startsWith('{') || text.startsWith('[')) return [{ event: path }];
    if (isKey(text, rules)) return buckets.map((bucket) => ({ bucket, key: path }));
    const decoded = decodeNotificationKey(text);
    return decoded !== undefined && isKey(decoded, rules)
      ? buckets.map((bucket) => ({ bucket, key: path, encoding: 'url' }))
      : [];
  });
  for (const candidate of candidates.slice(0, MAX_TRIED)) {
    const path = InputPath.safeParse(candidate);
    const found = path.success ? evidenceOf(input, findConfigured([path.data]))?.object : undefined;
    if (path.success && found !== undefined && isUpload(found, rules)) return path.data;
  }
  return undefined;
}

function isKey(text: string, { keyTemplate }: UploadRules): boolean {
  return keyTemplate.ownerOf(text).kind === 'identity';
}

/** Every text of a value with the way to it; a list is read as a whole. */
function placesOf(value: unknown): readonly Place[] {
  const places: Place[] = [];
  let examined = 0;
  const walk = (one: unknown, path: string, depth: number): void => {
    examined += 1;
    if (examined > MAX_VALUES || depth > MAX_DEPTH) return;
    if (typeof one === 'string') places.push({ path, text: one });
    else if (Array.isArray(one))
      for (const item of one) walk(item, `${path === '' ? '@' : path}[]`, depth + 1);
    else if (typeof one === 'object' && one !== null)
      for (const [name, member] of Object.entries(one))
        if (word.test(name)) walk(member, path === '' ? name : `${path}.${name}`, depth + 1);
  };
  walk(value, '', 0);
  return places.filter(({ path }) => path !== '');
}
