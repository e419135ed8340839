import { isJsonArray, isJsonObject, type Json, type JsonObject } from '@stepcast/asl-interpreter';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';

/** Where the sandbox is, for the placeholders that mean it. */
export interface Whereabouts {
  readonly region: string;
  readonly accountId: string;
}

/** A definition whose placeholders are filled, and their names. */
export interface FilledDefinition {
  readonly text: string;
  readonly placeholders: readonly string[];
}

const placeholder = /\$\{([^{}$]{1,200})\}/g;
/** One that stands for a number or the like: not within quotes. */
const bare = /([:[,]\s*)\$\{([^{}$"]{1,200})\}(?=\s*[,\]}])/g;

/**
 * Fills what infrastructure fills when it deploys a definition, `${Name}`: `DefinitionSubstitutions` of SAM, `Fn::Sub`,
 * templates of Terraform. A `Resource` that is a placeholder becomes a function of that name; partition, region and account
 * become those of the sandbox; any other becomes its own name.
 */
export function fillPlaceholders(source: string, where: Whereabouts): FilledDefinition {
  const names = new Set<string>();
  const text = isJsonText(source)
    ? source
    : source.replaceAll(bare, (_match, before: string, name: string) => {
        names.add(name);
        return `${before}1`;
      });
  const parsed = parseJson(z.json(), text);
  // What is no JSON is refused later, with its place.
  if (!parsed.ok) return { text: source, placeholders: [...names] };

  const fillText = (value: string): string =>
    value.replaceAll(placeholder, (_match, name: string) => {
      names.add(name);
      return meaningOf(name, where);
    });
  const fill = (value: Json, key: string | undefined): Json => {
    if (typeof value === 'string')
      return key === 'Resource' ? fillResource(value, fillText, where) : fillText(value);
    if (isJsonArray(value)) return value.map((one) => fill(one, undefined));
    if (!isJsonObject(value)) return value;
    const reference = referenceIn(value);
    if (reference !== undefined) {
      names.add(reference);
      const name = meaningOf(reference, where);
      return key === 'Resource' ? fillResource(name, fillText, where) : name;
    }
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [fillText(name), fill(one, name)]));
  };
  const filled = JSON.stringify(fill(parsed.value, undefined), null, 2);
  const isSame = filled === JSON.stringify(parsed.value, null, 2);
  return { text: isSame ? source : filled, placeholders: [...names] };
}

function isJsonText(text: string): boolean {
  return parseJson(z.unknown(), text).ok;
}

/** A resource that is no ARN stands for one: `${Function}`, `<FUNCTION_ARN>`, `__TBD__`. */
function fillResource(value: string, fillText: (text: string) => string, where: Whereabouts): string {
  const filled = fillText(value);
  return filled.startsWith('arn:')
    ? filled
    : `arn:aws:lambda:${where.region}:${where.accountId}:function:${safeName(filled)}`;
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
  return safeName(name);
}

function safeName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9-_]+/g, '-').replaceAll(/^-|-$/g, '');
  return safe === '' ? 'placeholder' : safe.slice(0, 64);
}
