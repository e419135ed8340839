import { dirname, resolve as resolvePath } from 'node:path';
import { isJsonObject, memberOf, textOfJson, type Json, type JsonObject } from '@stepcast/asl-interpreter';
import type { Whereabouts } from '../workflow/placeholders.ts';
import { TemplateError } from './errors.ts';
import type { TemplateMachine } from './find-machines.ts';
import { parseText } from './parse-template.ts';
import { createResolver } from './resolve-tokens.ts';
import { resourcesIn, type Resource } from './resources.ts';

/** Reads a file that the service names, as text. @throws TemplateError */
type ReadFile = (file: string, what: string) => Promise<string>;

/** `${file(./machine.yml)}` and `${file(./machine.yml):definition}`. */
const fileVariable = /^\$\{file\(([^()]{1,1000})\)(?::([\w.-]{1,200}))?\}$/;
/** Files that name files that name files. */
const maxFiles = 8;
/** `${self:custom.handler}`, where it is the whole text. */
const selfVariable = /^\$\{self:([\w.-]{1,200})\}$/;
/** Variables that lead to variables can grow without end. */
const maxVariables = 1_000;

/** Whether a file is one of the Serverless Framework with state machines of the plugin serverless-step-functions. */
export function isServerless(json: JsonObject): boolean {
  return Object.hasOwn(json, 'stepFunctions') && !Object.hasOwn(json, 'StartAt');
}

/**
 * The state machines of a `serverless.yml`, by the plugin serverless-step-functions: `stepFunctions.stateMachines.*.definition`.
 * A function is called by its key under `functions`, which is what handlers are named by. `${file(…)}` is followed, and within
 * a definition `${self:…}` where it leads to more than a text; other variables stay, and are filled like those of any definition.
 * @throws TemplateError
 */
export async function serverlessMachines(
  file: string,
  json: JsonObject,
  where: Whereabouts,
  readText: ReadFile,
): Promise<readonly TemplateMachine[]> {
  const files: string[] = [];

  async function follow(value: Json | undefined, left = maxFiles): Promise<Json | undefined> {
    const [, path, key] = typeof value === 'string' ? (fileVariable.exec(value.trim()) ?? []) : [];
    if (path === undefined) return value;
    if (left === 0) throw new TemplateError(`${file}: \${file(${path})} leads from file to file`);
    const named = resolvePath(dirname(file), path.trim());
    files.push(named);
    let found: Json | undefined = parseText(await readText(named, `${file}: \${file(${path})}`), named);
    for (const step of key?.split('.') ?? [])
      found = found !== undefined && isJsonObject(found) ? memberOf(found, step) : undefined;
    return follow(found, left - 1);
  }
  const at = async (owner: Json | undefined, field: string): Promise<Json | undefined> =>
    owner !== undefined && isJsonObject(owner) ? follow(memberOf(owner, field)) : undefined;

  const resources = await at(json, 'resources');
  const template = resources !== undefined && isJsonObject(resources) ? resources : {};
  const resolve = createResolver(
    {
      file,
      json: template,
      resources: new Map([...resourcesIn(template), ...functionsIn(await at(json, 'functions'))]),
    },
    where,
  );
  const machines = await at(await at(json, 'stepFunctions'), 'stateMachines');
  if (machines === undefined || !isJsonObject(machines)) return [];
  const found: TemplateMachine[] = [];
  for (const key of Object.keys(machines)) {
    const machine = await at(machines, key);
    const given = machine !== undefined && isJsonObject(machine) ? memberOf(machine, 'name') : undefined;
    const name = given === undefined ? key : resolve(given);
    found.push({
      names: [...new Set([typeof name === 'string' ? name : key, key])],
      file,
      read: async () => {
        const definition = await at(machine, 'definition');
        if (definition === undefined || !isJsonObject(definition))
          throw new TemplateError(`${file}: stepFunctions.stateMachines.${key} has no definition`);
        return { text: textOfJson(resolve(withParts(file, json, definition))), files };
      },
    });
  }
  return found;
}

/** The definition with what its `${self:…}` stand for, where that is no text: a catcher that states share, a number. @throws TemplateError */
function withParts(file: string, json: JsonObject, definition: Json): Json {
  let left = maxVariables;
  const fill = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value === 'object' && value !== null && isJsonObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)]));
    const [, path] = typeof value === 'string' ? (selfVariable.exec(value.trim()) ?? []) : [];
    if (path === undefined) return value;
    const found = path
      .split('.')
      .reduce<Json | undefined>(
        (owner, step) => (owner !== undefined && isJsonObject(owner) ? memberOf(owner, step) : undefined),
        json,
      );
    if (found === undefined || (typeof found === 'string' && !selfVariable.test(found.trim()))) return value;
    left -= 1;
    if (left < 0) throw new TemplateError(`${file}: \${self:${path}} leads from variable to variable`);
    return fill(found);
  };
  return fill(definition);
}

/** The functions of the service, by their keys and by the logical IDs that the framework gives them. */
function functionsIn(functions: Json | undefined): readonly (readonly [string, Resource])[] {
  if (functions === undefined || !isJsonObject(functions)) return [];
  return Object.entries(functions).flatMap(([key, one]) => {
    const name = isJsonObject(one) ? memberOf(one, 'name') : undefined;
    const properties: JsonObject = typeof name === 'string' ? { FunctionName: name } : {};
    return [key, logicalIdOf(key)].map(
      (logicalId) => [logicalId, { logicalId, type: 'AWS::Lambda::Function', properties, id: key }] as const,
    );
  });
}

/** Source: Serverless Framework, "AWS - Resources", naming of CloudFormation resources. */
function logicalIdOf(key: string): string {
  const normal = key.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${normal.charAt(0).toUpperCase()}${normal.slice(1)}LambdaFunction`;
}
