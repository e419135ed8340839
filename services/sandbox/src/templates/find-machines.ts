import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve as resolvePath } from 'node:path';
import { isJsonObject, memberOf, textOfJson, type Json, type JsonObject } from '@stepcast/asl-interpreter';
import { asError } from '@stepcast/kit';
import type { Whereabouts } from '../workflow/placeholders.ts';
import { TemplateError } from './errors.ts';
import { MAX_TEMPLATE_BYTES, parseText, definitionTextOf } from './parse-template.ts';
import { nameOf, resourcesIn, type Resource } from './resources.ts';
import { createResolver, fillSubstitutions, type Template } from './resolve-tokens.ts';
import { isServerless, serverlessMachines } from './serverless.ts';

/** A state machine of a template. */
export interface TemplateMachine {
  /** The names that it is chosen by: what it is called, the id in the program, the logical ID. */
  readonly names: readonly string[];
  readonly file: string;
  /** Reads its definition, with its tokens filled. @throws TemplateError */
  readonly read: () => Promise<ReadDefinition>;
}

export interface ReadDefinition {
  readonly text: string;
  /** Beside the template, what it was read from. */
  readonly files: readonly string[];
}

const machineTypes = ['AWS::StepFunctions::StateMachine', 'AWS::Serverless::StateMachine'];

export type TemplateOption = '--cdk' | '--sam' | '--serverless';

/** The state machines in the templates of a folder, or of one file. @throws TemplateError */
export async function findMachines(
  given: string,
  option: TemplateOption,
  where: Whereabouts,
): Promise<readonly TemplateMachine[]> {
  const files = await templateFiles(given, option);
  const found: TemplateMachine[] = [];
  for (const file of files) {
    const template = await readTemplate(file, option);
    found.push(
      ...(option === '--serverless'
        ? await serverlessMachines(file, template.json, where, readBounded)
        : machinesOf(template, where)),
    );
  }
  if (found.length > 0) return found;
  throw new TemplateError(
    option === '--serverless'
      ? `--serverless ${given}: it has no stepFunctions.stateMachines`
      : `${option} ${given}: no template there has a state machine (looked into ${files.join(', ')})`,
  );
}

/** Whether a file that was named as a definition is a `serverless.yml` with state machines. */
export async function isServerlessFile(file: string): Promise<boolean> {
  if (!/\.ya?ml$/i.test(file)) return false;
  try {
    return isServerless(parseText(await readBounded(file, '--check'), file));
  } catch (thrown) {
    if (thrown instanceof TemplateError) return false;
    throw thrown;
  }
}

/** `*.template.json` of a folder that `cdk synth` wrote, with those of its stages. */
async function templateFiles(given: string, option: string): Promise<readonly string[]> {
  const kind = await stat(given).catch((thrown: unknown) => {
    throw new TemplateError(`${option} ${given} cannot be read: ${asError(thrown).message}`, {
      cause: thrown,
    });
  });
  if (!kind.isDirectory()) return [given];
  if (option !== '--cdk')
    throw new TemplateError(
      `${option} ${given} is a folder; name the template, for example ${option === '--sam' ? 'template.yaml' : 'serverless.yml'}`,
    );
  const folders = [given];
  const files: string[] = [];
  for (const entry of await readdir(given, { withFileTypes: true }))
    if (entry.isDirectory() && entry.name.startsWith('assembly-')) folders.push(join(given, entry.name));
  for (const folder of folders)
    for (const name of (await readdir(folder)).toSorted())
      if (name.endsWith('.template.json')) files.push(join(folder, name));
  if (files.length === 0)
    throw new TemplateError(`--cdk ${given}: there is no *.template.json in it; run "npx cdk synth" first`);
  return files;
}

async function readTemplate(file: string, option: string): Promise<Template> {
  const json = parseText(await readBounded(file, option), file);
  return { file, json, resources: resourcesIn(json) };
}

async function readBounded(file: string, what: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_TEMPLATE_BYTES)
      throw new TemplateError(`${what}: ${file} has more than ${MAX_TEMPLATE_BYTES} bytes`);
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof TemplateError) throw thrown;
    throw new TemplateError(`${what}: ${file} cannot be read: ${asError(thrown).message}`, { cause: thrown });
  }
}

function machinesOf(template: Template, where: Whereabouts): readonly TemplateMachine[] {
  const resolve = createResolver(template, where);
  return [...template.resources.values()]
    .filter(({ type }) => machineTypes.includes(type))
    .map((resource) => ({
      names: [...new Set([nameOf(resource, resolve), resource.id, resource.logicalId])],
      file: template.file,
      read: () => readDefinition(resource, template, resolve),
    }));
}

async function readDefinition(
  { properties, logicalId }: Resource,
  template: Template,
  resolve: (value: Json) => Json,
): Promise<ReadDefinition> {
  const place = `${template.file}: ${logicalId}`;
  const given = (name: string) => memberOf(properties, name);
  const substitutions = resolve(given('DefinitionSubstitutions') ?? {});
  const fill = (text: string) => fillSubstitutions(text, isJsonObject(substitutions) ? substitutions : {});
  const inline = given('DefinitionString') ?? given('Definition');
  if (inline !== undefined) {
    const value = resolve(inline);
    return { text: fill(typeof value === 'string' ? value : textOfJson(value)), files: [] };
  }
  const uri = given('DefinitionUri');
  const location = given('DefinitionS3Location') ?? (typeof uri === 'string' ? undefined : uri);
  if (typeof uri === 'string' && !uri.startsWith('s3://')) {
    const file = resolvePath(dirname(template.file), uri);
    return {
      text: fill(definitionTextOf(await readBounded(file, `${place}.DefinitionUri`), file)),
      files: [file],
    };
  }
  if (location !== undefined && isJsonObject(location)) {
    const file = await assetOf(resolve(location), template.file, place);
    return { text: fill(definitionTextOf(await readBounded(file, place), file)), files: [file] };
  }
  throw new TemplateError(
    uri === undefined
      ? `${place} has no definition: none of DefinitionString, Definition, DefinitionUri and DefinitionS3Location`
      : `${place}.DefinitionUri is ${textOfJson(uri)}, which is not on this machine; name the template from before "sam package"`,
  );
}

/** The file that the CDK would upload to a place in S3, by the list of assets beside the template. */
async function assetOf(location: Json, templateFile: string, place: string): Promise<string> {
  const key = isJsonObject(location) ? memberOf(location, 'Key') : undefined;
  const folder = dirname(templateFile);
  if (typeof key === 'string')
    for (const name of (await readdir(folder)).filter((one) => one.endsWith('.assets.json'))) {
      const file = join(folder, name);
      const source = sourceOf(parseText(await readBounded(file, place), file), key);
      if (source !== undefined) return resolvePath(folder, source);
    }
  const file = typeof key === 'string' ? join(folder, basename(key)) : undefined;
  // People upload by hand what stands beside the template.
  if (file !== undefined && (await isFile(file))) return file;
  throw new TemplateError(
    `${place}.DefinitionS3Location is ${textOfJson(location)}, no *.assets.json beside the template says which file that is, and none beside it has that name`,
  );
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

function sourceOf(manifest: JsonObject, key: string): string | undefined {
  const files = memberOf(manifest, 'files');
  if (!isJsonObject(files)) return undefined;
  for (const [hash, asset] of Object.entries(files)) {
    const source = isJsonObject(asset) ? memberOf(asset, 'source') : undefined;
    const path = source !== undefined && isJsonObject(source) ? memberOf(source, 'path') : undefined;
    const destinations = isJsonObject(asset) ? memberOf(asset, 'destinations') : undefined;
    const keys =
      destinations !== undefined && isJsonObject(destinations)
        ? Object.values(destinations).map((one) =>
            isJsonObject(one) ? memberOf(one, 'objectKey') : undefined,
          )
        : [];
    if (typeof path === 'string' && (keys.includes(key) || key.includes(hash))) return path;
  }
  return undefined;
}

/**
 * The machine of that name, or the only one.
 * @throws TemplateError naming those that there are, and how to choose
 */
export function chooseMachine(
  machines: readonly TemplateMachine[],
  name: string | undefined,
  given: string,
): TemplateMachine {
  const fitting = machines.filter(({ names }) => name === undefined || names.includes(name));
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) return first;
  const list = (all: readonly TemplateMachine[]) =>
    all.map(({ names, file }) => `${names.join(' = ')} (${file})`).join('; ');
  throw new TemplateError(
    name === undefined
      ? `${given} has ${machines.length} state machines. Choose one with --state-machine NAME: ${list(machines)}`
      : fitting.length > 1
        ? `${given} has ${fitting.length} state machines called ${name}; name the template: ${list(fitting)}`
        : `${given} has no state machine called ${name}. It has: ${list(machines)}`,
  );
}
