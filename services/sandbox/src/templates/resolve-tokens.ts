import {
  isJsonArray,
  isJsonObject,
  memberOf,
  textOfJson,
  type Json,
  type JsonObject,
} from '@stepcast/asl-interpreter';
import type { Whereabouts } from '../workflow/placeholders.ts';
import { TemplateError } from './errors.ts';
import { arnOf, nameOf, refOf, type Resource } from './resources.ts';

export interface Template {
  readonly file: string;
  readonly json: JsonObject;
  readonly resources: ReadonlyMap<string, Resource>;
}

/** A definition has 1 MB at most; texts that grow beyond this by references are not read on. */
const maxResolvedBytes = 8 * 1024 * 1024;
const placeholder = /\$\{(!?)([^{}$]{1,200})\}/g;

/**
 * Fills the tokens of a value as CloudFormation would at deployment: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join` and the like.
 * Resources get the names that they have in the template, else their ids; of `Fn::If` the first branch counts. What only an
 * account knows becomes `${Name}`, as in a definition that is not filled.
 * @throws TemplateError when references make a text too long
 */
export function createResolver(template: Template, where: Whereabouts): (value: Json) => Json {
  const parameters = memberOf(template.json, 'Parameters');
  const mappings = memberOf(template.json, 'Mappings');
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': where.region,
    'AWS::AccountId': where.accountId,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': 'stack',
    'AWS::StackId': 'stack',
    'AWS::NoValue': '',
  };
  let resolvedBytes = 0;
  /** References that are being followed: a circle of names ends at the name. */
  const open = new Set<string>();

  function counted(text: string): string {
    resolvedBytes += text.length;
    if (resolvedBytes > maxResolvedBytes)
      throw new TemplateError(
        `${template.file}: references make its texts longer than ${maxResolvedBytes} bytes`,
      );
    return text;
  }

  function named(resource: Resource): string {
    if (open.has(resource.logicalId)) return resource.id;
    open.add(resource.logicalId);
    const name = nameOf(resource, resolve);
    open.delete(resource.logicalId);
    return name;
  }

  function reference(name: string): Json {
    const own = Object.hasOwn(pseudo, name) ? pseudo[name] : undefined;
    if (own !== undefined) return own;
    const resource = template.resources.get(name);
    if (resource !== undefined) return counted(refOf(resource, named(resource), where));
    const parameter = isJsonObject(parameters) ? memberOf(parameters, name) : undefined;
    const byDefault =
      parameter !== undefined && isJsonObject(parameter) ? memberOf(parameter, 'Default') : undefined;
    return byDefault === undefined || byDefault === '' ? `\${${name}}` : byDefault;
  }

  function attribute(path: string): Json {
    const [logicalId = '', ...rest] = path.split('.');
    const resource = template.resources.get(logicalId);
    if (resource === undefined) return `\${${path}}`;
    const name = named(resource);
    return counted(rest.join('.').endsWith('Arn') ? arnOf(resource, name, where) : name);
  }

  function substitute(text: string, values: JsonObject): string {
    return counted(
      text.replaceAll(placeholder, (_match, literal: string, name: string) => {
        if (literal === '!') return `\${${name}}`;
        const own = memberOf(values, name);
        if (own !== undefined) return textOf(resolve(own));
        return textOf(name.includes('.') ? attribute(name) : reference(name));
      }),
    );
  }

  function call(name: string, argument: Json): Json {
    const list = isJsonArray(argument) ? argument : [argument];
    const [first = null, second = null, third = null] = list;
    switch (name) {
      case 'Ref':
        return typeof argument === 'string' ? reference(argument) : null;
      case 'Fn::GetAtt':
        return attribute(list.map((one) => textOf(resolve(one))).join('.'));
      case 'Fn::Sub':
        return substitute(textOf(first), isJsonObject(second) ? second : {});
      case 'Fn::Join': {
        const parts = resolve(second);
        return counted((isJsonArray(parts) ? parts : [parts]).map(textOf).join(textOf(first)));
      }
      case 'Fn::Select': {
        const from = resolve(second);
        return (isJsonArray(from) ? from[Number(first)] : undefined) ?? null;
      }
      case 'Fn::Split':
        return textOf(resolve(second)).split(textOf(first));
      case 'Fn::If':
        return resolve(second);
      case 'Fn::FindInMap': {
        let found: Json | undefined = mappings;
        for (const key of [first, second, third])
          found =
            found !== undefined && isJsonObject(found) ? memberOf(found, textOf(resolve(key))) : undefined;
        return found ?? `\${${textOf(first)}}`;
      }
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => `${where.region}${zone}`);
      case 'Fn::Base64':
        return Buffer.from(textOf(resolve(argument))).toString('base64');
      case 'Fn::ToJsonString':
        return counted(textOfJson(resolve(argument)));
      default:
        // `Fn::ImportValue` and whatever else only an account can say.
        return `\${${typeof argument === 'string' ? argument : name.replace('Fn::', '')}}`;
    }
  }

  function resolve(value: Json): Json {
    if (isJsonArray(value)) return value.map(resolve);
    if (!isJsonObject(value)) return value;
    const [entry, ...others] = Object.entries(value);
    if (entry !== undefined && others.length === 0 && (entry[0] === 'Ref' || entry[0].startsWith('Fn::')))
      return call(...entry);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one)]));
  }
  return resolve;
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : value === null ? '' : textOfJson(value);
}

/** Fills `${name}` of a definition with `DefinitionSubstitutions`; what they do not name stays. */
export function fillSubstitutions(definition: string, substitutions: JsonObject): string {
  return definition.replaceAll(placeholder, (match, _literal: string, name: string) => {
    const value = memberOf(substitutions, name);
    return value === undefined ? match : textOf(value);
  });
}
