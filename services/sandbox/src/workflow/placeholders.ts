import { isJsonArray, isJsonObject, jsonOfText, type Json, type JsonObject } from '@stepcast/asl-interpreter';
import { readLoosely } from './read-loosely.ts';

/** Where the sandbox is, for the placeholders that mean it. */
export interface Whereabouts {
  readonly region: string;
  readonly accountId: string;
}

/** A definition whose placeholders are filled, and their names. */
export interface FilledDefinition {
  readonly text: string;
  readonly placeholders: readonly string[];
  /** The text that was read as JSON though it is none: it has comments, for instance. */
  readonly looseText?: string;
}

/** `${Name}` of CloudFormation, SAM and Terraform, and `{{ name }}` of Jinja. */
const placeholder = /\$\{([^{}$]{1,200})\}|\{\{([^{}$]{1,200})\}\}/g;
/** One that stands for a number or the like: not within quotes. */
const bare = [
  /([:[,]\s*)\$\{([^{}$"]{1,200})\}(?=\s*[,\]}])/g,
  /([:[,]\s*)\{\{([^{}$"]{1,200})\}\}(?=\s*[,\]}])/g,
];
/**
 * JSONata, and in it a placeholder that stands for a number: not within quotes, and no part of a path or a name. A quote without its other
 * half reaches to the end: searched for again from each one, it would take the square of the time.
 */
const expression = /^\{%[^]*%\}$/;
const quotedOrNumber =
  /'(?:[^'\\]|\\[^])*(?:'|\\?$)|"(?:[^"\\]|\\[^])*(?:"|\\?$)|`[^`]*(?:`|$)|(?<![.\w$])\$\{([^{}$"':]{1,200})\}(?!\s{0,200}[\w.([:])/g;
/** Stands for a bare one until its field is known. */
const BARE = '\\u0000';
const bareText = '\u0000';
/** A text that is one placeholder and nothing else. */
const whole = /^(?:\$\{[^{}$]{1,200}\}|\{\{[^{}$]{1,200}\}\})$/;
/** Fields whose value is a number: a template has a text there only until it is filled. */
const numbers = new Set([
  'TimeoutSeconds',
  'HeartbeatSeconds',
  'Seconds',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'MaxConcurrency',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'MaxItemsPerBatch',
  'MaxInputBytesPerBatch',
  'MaxItems',
]);
/** Fields whose value is a list, and which a workflow can do without. */
const lists = new Set(['Retry', 'Catch']);
/** What is in these is the workflow's own data. */
const data = new Set([
  'Parameters',
  'Arguments',
  'Result',
  'ResultSelector',
  'ItemSelector',
  'Assign',
  'Output',
  'Credentials',
  'BatchInput',
]);

/**
 * Fills what infrastructure fills when it deploys a definition, `${Name}`: `DefinitionSubstitutions` of SAM, `Fn::Sub`,
 * templates of Terraform. A `Resource` that is a placeholder becomes a function of that name; partition, region and account
 * become those of the sandbox; any other becomes its own name.
 */
export function fillPlaceholders(source: string, where: Whereabouts): FilledDefinition {
  const names = new Set<string>();
  const text = isJsonText(source)
    ? source
    : bare.reduce(
        (filled, one) =>
          filled.replaceAll(one, (_match, before: string, name: string) => {
            names.add(name.trim());
            return `${before}"${BARE}"`;
          }),
        source,
      );
  const parsed = readLoosely(text);
  // What is no JSON is refused later, with its place.
  if (parsed === undefined) return { text: source, placeholders: [...names] };

  const fillText = (value: string): string =>
    (expression.test(value) ? fillNumbers(value, names) : value).replaceAll(
      placeholder,
      (_match, name?: string, other?: string) => {
        const found = (name ?? other ?? '').trim();
        names.add(found);
        return meaningOf(found, where);
      },
    );
  const fill = (value: Json, key: string | undefined, isData: boolean): Json => {
    if (value === bareText && text !== source) return !isData && key !== undefined && lists.has(key) ? [] : 1;
    if (typeof value === 'string') {
      const filled = key === 'Resource' ? fillResource(value, fillText, where) : fillText(value);
      if (isData || key === undefined || !whole.test(value)) return filled;
      return numbers.has(key) ? 1 : lists.has(key) ? [] : filled;
    }
    if (isJsonArray(value)) {
      const filled = value.map((one) => fill(one, undefined, isData));
      const isOfRetriers = !isData && key !== undefined && lists.has(key);
      return isOfRetriers ? filled.filter((_one, index) => !isPlaceholder(value[index])) : filled;
    }
    if (!isJsonObject(value)) return value;
    const joined = textIn(value);
    if (joined !== undefined) return fill(joined, key, isData);
    const reference = referenceIn(value);
    if (reference !== undefined) {
      names.add(reference);
      const name = meaningOf(reference, where);
      if (!isData && key !== undefined && numbers.has(key)) return 1;
      return key === 'Resource' && !name.startsWith('arn:') ? functionFor(name, where) : name;
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [fillText(name), fill(one, name, isData || data.has(name))]),
    );
  };
  const filled = JSON.stringify(fill(parsed.value, undefined, false), null, 2);
  const isSame = !parsed.isLoose && text === source && filled === JSON.stringify(parsed.value, null, 2);
  return {
    text: isSame ? source : filled,
    placeholders: [...names],
    ...(parsed.isLoose ? { looseText: text } : {}),
  };
}

function fillNumbers(text: string, names: Set<string>): string {
  return text.replaceAll(quotedOrNumber, (match, name?: string) => {
    if (name === undefined) return match;
    names.add(name.trim());
    return '1';
  });
}

/** What stands in a list for one retrier or catcher, or for several. */
function isPlaceholder(value: Json | undefined): boolean {
  return typeof value === 'string' && (value === bareText || whole.test(value));
}

function isJsonText(text: string): boolean {
  return jsonOfText(text) !== undefined;
}

/** A resource with a placeholder that becomes no ARN stands for the ARN of a function: `${Function}`. */
function fillResource(value: string, fillText: (text: string) => string, where: Whereabouts): string {
  const filled = fillText(value);
  return filled.startsWith('arn:') || filled === value ? filled : functionFor(filled, where);
}

/** ARN of a function whose name is made from a text. */
export function functionFor(text: string, where: Whereabouts): string {
  return `arn:aws:lambda:${where.region}:${where.accountId}:function:${safeName(text)}`;
}

/** The text that `Fn::Sub` or `Fn::Join` makes, with `${Name}` for what it refers to. */
function textIn(value: JsonObject): string | undefined {
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [key, target] = entry;
  const [first, second] = isJsonArray(target) ? target : [target];
  if (typeof first !== 'string') return undefined;
  if (key === 'Fn::Sub') return first;
  if (key !== 'Fn::Join' || second === undefined || !isJsonArray(second)) return undefined;
  return second.map(partOf).join(first);
}

function partOf(part: Json): string {
  if (typeof part === 'string') return part;
  const name = isJsonObject(part) ? (textIn(part) ?? referenceIn(part)) : undefined;
  return name === undefined ? '' : name.includes('${') ? name : `\${${name}}`;
}

/** The name in a reference of CloudFormation: `{ "Ref": … }`, `{ "Fn::GetAtt": [ … ] }`, `{ "Fn::Sub": … }`. */
function referenceIn(value: JsonObject): string | undefined {
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [key, target] = entry;
  if (key !== 'Ref' && !key.startsWith('Fn::')) return undefined;
  if (typeof target === 'string') return target;
  const [first] = isJsonArray(target) ? target : [];
  return typeof first === 'string' ? first : key;
}

function meaningOf(name: string, where: Whereabouts): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  if (plain.endsWith('partition')) return 'aws';
  if (plain.endsWith('region')) return where.region;
  if (plain.endsWith('accountid') || plain === 'account') return where.accountId;
  // `${Resize.Arn}` and `!GetAtt Resize.Arn` name the function Resize, as `Fn::GetAtt: [Resize, Arn]` does.
  return safeName(name.replace(/\.Arn$/, ''));
}

function safeName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9-_]+/g, '-').replaceAll(/^-|-$/g, '');
  return safe === '' ? 'placeholder' : safe.slice(0, 64);
}
