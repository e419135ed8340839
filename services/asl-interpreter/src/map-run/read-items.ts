import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isError } from '@stepcast/kit';
import { evaluateExpressions } from '../data/jsonata/evaluate.ts';
import { evaluateTemplate } from '../data/template.ts';
import type { ItemReader, MapState } from '../definition/schema.ts';
import type { MapItem } from '../engine/branch.ts';
import { StateFailure } from '../engine/failures.ts';
import { itemsOf, listItems, wholeNumberAt } from '../engine/map-items.ts';
import { wholeNumberIn } from '../engine/numbers.ts';
import { effectiveInput } from '../engine/outcome.ts';
import { evaluationOf, expressionScopeOf, type StateScope } from '../engine/run.ts';
import { isJsonArray, isJsonObject, jsonOfText, memberOf, type Json, type JsonObject } from '../json.ts';
import { ServiceError } from '../ports.ts';
import { CsvProblem, parseCsv, recordsOf } from './csv.ts';

/** Largest object that is read for items; AWS takes 10 GB, which one process cannot. */
const maxObjectBytes = 100 * 1024 * 1024;
/** Most items of one Map Run. A quota of Step Functions. */
const maxItems = 100_000_000;
const maxListed = 100_000;

type ReaderConfig = NonNullable<ItemReader['ReaderConfig']>;

/** The items of a distributed Map: from its ItemReader, or from the state's input. Throws {@link StateFailure}. */
export async function readItems(state: MapState, scope: StateScope): Promise<readonly MapItem[]> {
  const { ItemReader: reader } = state;
  if (reader === undefined) return itemsOf(state, scope, true);
  const limit =
    (await wholeNumberIn('ItemReader/ReaderConfig/MaxItems', reader.ReaderConfig?.MaxItems, scope)) ??
    wholeNumberAt('MaxItemsPath', reader.ReaderConfig?.MaxItemsPath, state, scope) ??
    0;
  try {
    const values = await valuesOf(reader, await parametersOf(reader, state, scope), scope);
    const items = listItems(values, true);
    if (items === undefined) throw readerFailed('Attempting to map over non-iterable node.');
    return items.slice(0, limit === 0 ? maxItems : limit);
  } catch (error) {
    if (error instanceof ServiceError && scope.run.ports.objects.standIns === true)
      return standInItems(reader);
    if (error instanceof ServiceError || error instanceof CsvProblem) throw readerFailed(error.message);
    throw error;
  }
}

/** Parameters of JSONPath or Arguments of JSONata, filled in, of an ItemReader or ResultWriter. */
export async function parametersOf(
  fields: { readonly Parameters?: Json | undefined; readonly Arguments?: Json | undefined },
  state: MapState,
  scope: StateScope,
): Promise<JsonObject> {
  const filled =
    scope.language === 'JSONata'
      ? await evaluateExpressions(fields.Arguments ?? {}, 'Arguments', expressionScopeOf(scope))
      : evaluateTemplate(fields.Parameters ?? {}, evaluationOf(scope, effectiveInput(state, scope)));
  return isJsonObject(filled) ? filled : {};
}

function readerFailed(cause: string): StateFailure {
  return new StateFailure('States.ItemReaderFailed', cause);
}

async function valuesOf(reader: ItemReader, parameters: JsonObject, scope: StateScope): Promise<Json> {
  const { objects } = scope.run.ports;
  const bucket = textAt(parameters, 'Bucket');
  const config = reader.ReaderConfig ?? {};
  if (!reader.Resource.includes(':s3:listObjectsV2'))
    return load(bucket, textAt(parameters, 'Key'), config, scope);
  const prefix = memberOf(parameters, 'Prefix');
  const listed = await objects.list(bucket, typeof prefix === 'string' ? prefix : '', maxListed);
  if (config.Transformation !== 'LOAD_AND_FLATTEN')
    return listed.map((one) => ({
      Etag: one.etag,
      Key: one.key,
      LastModified: Math.floor(one.lastModifiedMs / 1000),
      Size: one.size,
      StorageClass: 'STANDARD',
    }));
  const all: Json[] = [];
  for (const { key } of listed) {
    const values = await load(bucket, key, config, scope);
    if (isJsonArray(values)) all.push(...values);
    else all.push(values);
  }
  return all;
}

function textAt(parameters: JsonObject, field: string): string {
  const value = memberOf(parameters, field);
  if (typeof value !== 'string') throw readerFailed(`The ItemReader needs ${field}, a string.`);
  return value;
}

async function load(bucket: string, key: string, config: ReaderConfig, scope: StateScope): Promise<Json> {
  const text = await textOf(bucket, key, scope);
  if (config.ManifestType === 'ATHENA_DATA') return itemsOfUnload(text, config, scope);
  switch (config.InputType ?? 'JSON') {
    case 'JSON':
      return pointedAt(parse(text, key), config.ItemsPointer);
    case 'JSONL':
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => parse(line, key));
    case 'CSV':
      return recordsOf(parseCsv(text, config.CSVDelimiter), headersOf(config));
    case 'MANIFEST':
      return itemsOfManifest(parse(text, key), bucket, scope);
    case 'PARQUET':
      throw readerFailed('Parquet files are not read in the sandbox.');
  }
}

async function textOf(bucket: string, key: string, scope: StateScope): Promise<string> {
  const body = await scope.run.ports.objects.read(bucket, key, maxObjectBytes);
  try {
    return decompressed(key, body).toString('utf8');
  } catch (error) {
    throw readerFailed(`Unable to decompress ${key}: ${isError(error) ? error.message : 'broken'}`);
  }
}

function decompressed(key: string, body: Buffer): Buffer {
  if (key.endsWith('.gz')) return gunzipSync(body, { maxOutputLength: maxObjectBytes });
  return key.endsWith('.zst') ? zstdDecompressSync(body, { maxOutputLength: maxObjectBytes }) : body;
}

function parse(text: string, key: string): Json {
  const value = jsonOfText(text);
  if (value === undefined) throw readerFailed(`Unable to parse the content of ${key} as JSON.`);
  return value;
}

function headersOf(config: ReaderConfig): readonly string[] | undefined {
  return config.CSVHeaderLocation === 'GIVEN' ? (config.CSVHeaders ?? []) : undefined;
}

/** What a JSON Pointer names in a value. */
function pointedAt(value: Json, pointer: string | undefined): Json {
  let found: Json = value;
  for (const step of (pointer ?? '').split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const next: Json | undefined = isJsonArray(found)
      ? found[Number(name)]
      : isJsonObject(found)
        ? memberOf(found, name)
        : undefined;
    if (next === undefined)
      throw readerFailed(`ItemsPointer '${pointer ?? ''}' names nothing in the object.`);
    found = next;
  }
  return found;
}

/** An S3 inventory: its files list the objects, as CSV without headers whose columns the manifest names. */
async function itemsOfManifest(manifest: Json, bucket: string, scope: StateScope): Promise<Json> {
  const files = isJsonObject(manifest) ? memberOf(manifest, 'files') : undefined;
  const schema = isJsonObject(manifest) ? memberOf(manifest, 'fileSchema') : undefined;
  if (files === undefined || !isJsonArray(files) || typeof schema !== 'string')
    throw readerFailed('The manifest has no files and fileSchema.');
  const headers = schema.split(',').map((name) => name.trim());
  const all: Json[] = [];
  for (const file of files) {
    const key = isJsonObject(file) ? memberOf(file, 'key') : undefined;
    if (typeof key !== 'string') throw readerFailed('A file of the manifest has no key.');
    all.push(...recordsOf(parseCsv(await textOf(bucket, key, scope)), headers));
  }
  return all;
}

/** The manifest of UNLOAD of Athena: one `s3://bucket/key` a line, of files of the InputType. */
async function itemsOfUnload(manifest: string, config: ReaderConfig, scope: StateScope): Promise<Json> {
  const { ManifestType: _, ...files } = config;
  const all: Json[] = [];
  for (const [line] of parseCsv(manifest)) {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(line ?? '') ?? [];
    if (bucket === undefined || key === undefined)
      throw readerFailed(`The manifest names a file that is no s3:// address: ${line ?? ''}`);
    const values = await load(bucket, key, files, scope);
    if (isJsonArray(values)) all.push(...values);
    else all.push(values);
  }
  return all;
}

/** What a Map works on whose data are not in this sandbox. */
function standInItems(reader: ItemReader): readonly MapItem[] {
  const isListing = reader.Resource.includes(':s3:listObjectsV2');
  return [0, 1, 2].map((index): MapItem => {
    const value: Json = isListing
      ? { Etag: '"stand-in"', Key: `stand-in-${index}`, LastModified: 0, Size: 0, StorageClass: 'STANDARD' }
      : { standIn: `item ${index}` };
    return { index, value };
  });
}
