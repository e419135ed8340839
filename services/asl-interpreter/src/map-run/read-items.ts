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
import { decompressed } from './object-content.ts';
import { ParquetProblem } from './parquet/decode.ts';
import { readParquet } from './parquet/read-parquet.ts';
import { isStoodInFor } from './stand-ins.ts';

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
    const parts = await partsOf(reader, await parametersOf(reader, state, scope), scope);
    return itemsOfParts(parts).slice(0, limit === 0 ? maxItems : limit);
  } catch (error) {
    if (isStoodInFor(error, scope.run.ports.objects)) return standInItems(reader);
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

/** What one object, or one listing, gave. */
interface Part {
  readonly values: Json;
  /** `Map.Item.Source` of the context object. Source: AWS, "Context object data for Map states". */
  readonly source: string;
}

function itemsOfParts(parts: readonly Part[]): readonly MapItem[] {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    const items = listItems(only.values, true);
    if (items === undefined) throw readerFailed('Attempting to map over non-iterable node.');
    return items.map((item) => ({ ...item, source: only.source }));
  }
  let index = 0;
  return parts.flatMap(({ values, source }) =>
    (isJsonArray(values) ? values : [values]).map((value): MapItem => ({ index: index++, value, source })),
  );
}

async function partsOf(
  reader: ItemReader,
  parameters: JsonObject,
  scope: StateScope,
): Promise<readonly Part[]> {
  const { objects } = scope.run.ports;
  const bucket = textAt(parameters, 'Bucket');
  const config = reader.ReaderConfig ?? {};
  if (!reader.Resource.includes(':s3:listObjectsV2')) {
    if (config.InputType === 'PARQUET' && memberOf(parameters, 'VersionId') !== undefined)
      throw readerFailed('VersionId is not supported for the InputType PARQUET.');
    return load(bucket, textAt(parameters, 'Key'), config, scope);
  }
  const prefix = memberOf(parameters, 'Prefix');
  const listed = await objects.list(bucket, typeof prefix === 'string' ? prefix : '', maxListed);
  if (config.Transformation !== 'LOAD_AND_FLATTEN') {
    const values = listed.map((one) => ({
      Etag: one.etag,
      Key: one.key,
      LastModified: Math.floor(one.lastModifiedMs / 1000),
      Size: one.size,
      StorageClass: 'STANDARD',
    }));
    return [{ values, source: `S3://${bucket}` }];
  }
  const all: Part[] = [];
  for (const { key } of listed) all.push(...flat(await load(bucket, key, config, scope)));
  return all;
}

/** Parts of which each value is an item: what is no list is one itself. */
function flat(parts: readonly Part[]): readonly Part[] {
  return parts.map(({ values, source }) => ({ values: isJsonArray(values) ? values : [values], source }));
}

function textAt(parameters: JsonObject, field: string): string {
  const value = memberOf(parameters, field);
  if (typeof value !== 'string') throw readerFailed(`The ItemReader needs ${field}, a string.`);
  return value;
}

async function load(
  bucket: string,
  key: string,
  config: ReaderConfig,
  scope: StateScope,
): Promise<readonly Part[]> {
  if (config.ManifestType === 'ATHENA_DATA') return partsOfUnload(bucket, key, config, scope);
  if (config.ManifestType === 'S3_INVENTORY' || config.InputType === 'MANIFEST')
    return partsOfInventory(bucket, key, scope);
  const values = await valuesIn(bucket, key, config, scope);
  return [{ values, source: addressOf(bucket, key) }];
}

const addressOf = (bucket: string, key: string): string => `S3://${bucket}/${key}`;

async function valuesIn(bucket: string, key: string, config: ReaderConfig, scope: StateScope): Promise<Json> {
  if (config.InputType === 'PARQUET') {
    const body = await scope.run.ports.objects.read(bucket, key, maxObjectBytes);
    try {
      return await readParquet(body, maxItems);
    } catch (error) {
      if (!(error instanceof ParquetProblem)) throw error;
      throw readerFailed(`Unable to read ${key} as Parquet: ${error.message}`);
    }
  }
  const text = await textOf(bucket, key, scope);
  switch (config.InputType) {
    case 'JSONL':
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => parse(line, key));
    case 'CSV':
      return recordsOf(parseCsv(text, config.CSVDelimiter), headersOf(config));
    default:
      return pointedAt(parse(text, key), config.ItemsPointer);
  }
}

async function textOf(bucket: string, key: string, scope: StateScope): Promise<string> {
  const body = await scope.run.ports.objects.read(bucket, key, maxObjectBytes);
  try {
    return decompressed(key, body, maxObjectBytes).toString('utf8');
  } catch (error) {
    throw readerFailed(`Unable to decompress ${key}: ${isError(error) ? error.message : 'broken'}`);
  }
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
async function partsOfInventory(bucket: string, key: string, scope: StateScope): Promise<readonly Part[]> {
  const manifest = parse(await textOf(bucket, key, scope), key);
  const files = isJsonObject(manifest) ? memberOf(manifest, 'files') : undefined;
  const schema = isJsonObject(manifest) ? memberOf(manifest, 'fileSchema') : undefined;
  if (files === undefined || !isJsonArray(files) || typeof schema !== 'string')
    throw readerFailed('The manifest has no files and fileSchema.');
  const headers = schema.split(',').map((name) => name.trim());
  const all: Json[] = [];
  for (const file of files) {
    const listed = isJsonObject(file) ? memberOf(file, 'key') : undefined;
    if (typeof listed !== 'string') throw readerFailed('A file of the manifest has no key.');
    all.push(...recordsOf(parseCsv(await textOf(bucket, listed, scope)), headers));
  }
  return [{ values: all, source: addressOf(bucket, key) }];
}

/** The manifest of UNLOAD of Athena: one `s3://bucket/key` a line, of files of the InputType. */
async function partsOfUnload(
  bucket: string,
  key: string,
  config: ReaderConfig,
  scope: StateScope,
): Promise<readonly Part[]> {
  const { ManifestType: _, ...files } = config;
  const all: Part[] = [];
  for (const [line] of parseCsv(await textOf(bucket, key, scope))) {
    const [, from, name] = /^s3:\/\/([^/]+)\/(.+)$/.exec(line ?? '') ?? [];
    if (from === undefined || name === undefined)
      throw readerFailed(`The manifest names a file that is no s3:// address: ${line ?? ''}`);
    all.push(...flat(await load(from, name, files, scope)));
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
