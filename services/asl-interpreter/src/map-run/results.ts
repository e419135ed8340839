import type { MapState, ResultWriter } from '../definition/schema.ts';
import { StateFailure } from '../engine/failures.ts';
import type { StateScope } from '../engine/run.ts';
import { endedView } from '../engine/tasks/nested-execution.ts';
import { isJsonArray, jsonOfText, memberOf, textOfJson, type Json, type JsonObject } from '../json.ts';
import { ServiceError, type EndedExecution } from '../ports.ts';
import { parametersOf } from './read-items.ts';
import { isStoodInFor } from './stand-ins.ts';

type Transformation = 'NONE' | 'COMPACT' | 'FLATTEN';

/** What a distributed Map hands on, and how many results there are. */
export interface MapRunResult {
  readonly output: Json;
  readonly written: number;
}

/**
 * The outputs of the children, in the order of the items; with a ResultWriter that names a bucket they are written there,
 * and the output says where.
 */
export async function resultsOf(
  state: MapState,
  ended: readonly EndedExecution[],
  mapRunArn: string,
  scope: StateScope,
): Promise<MapRunResult> {
  const { ResultWriter: writer } = state;
  const config = writer?.WriterConfig;
  if (writer?.Resource === undefined)
    return { output: transform(ended, config?.Transformation ?? 'COMPACT'), written: ended.length };
  const place = await placeOf(writer, mapRunArn, state, scope);
  const files = await writeFiles({ ...place, mapRunArn, ended, pending: [] }, config, scope);
  return { output: { MapRunArn: mapRunArn, ResultWriterDetails: files }, written: ended.length };
}

/**
 * Writes what a Map Run leaves that fails or is aborted, where a ResultWriter names a bucket: the children that ended, those that
 * never started (`PENDING_0.json`), and the manifest. What AWS writes of a child that never started is not documented; here
 * it is its input and `"Status": "PENDING"`. Source: AWS, "ResultWriter", exporting to Amazon S3.
 * @param pending inputs of the children that never started
 * @returns how many results are written
 */
export async function writeUnfinished(
  state: MapState,
  ended: readonly EndedExecution[],
  pending: readonly Json[],
  mapRunArn: string,
  scope: StateScope,
): Promise<number> {
  const { ResultWriter: writer } = state;
  if (writer?.Resource === undefined) return 0;
  const place = await placeOf(writer, mapRunArn, state, scope);
  await writeFiles({ ...place, mapRunArn, ended, pending }, writer.WriterConfig, scope);
  return ended.length;
}

interface Place {
  readonly bucket: string;
  readonly folder: string;
}

interface Unwritten extends Place {
  readonly mapRunArn: string;
  readonly ended: readonly EndedExecution[];
  readonly pending: readonly Json[];
}

async function placeOf(
  writer: ResultWriter,
  mapRunArn: string,
  state: MapState,
  scope: StateScope,
): Promise<Place> {
  const parameters = await parametersOf(writer, state, scope);
  const bucket = memberOf(parameters, 'Bucket');
  const prefix = memberOf(parameters, 'Prefix');
  if (typeof bucket !== 'string')
    throw new StateFailure('States.ResultWriterFailed', 'The ResultWriter needs Bucket, a string.');
  const run = mapRunArn.slice(mapRunArn.lastIndexOf(':') + 1);
  return { bucket, folder: typeof prefix === 'string' && prefix !== '' ? `${prefix}/${run}` : run };
}

/** Writes a file for each status that there is, and the manifest; gives where that is. */
async function writeFiles(
  { bucket, folder, mapRunArn, ended, pending }: Unwritten,
  config: ResultWriter['WriterConfig'],
  scope: StateScope,
): Promise<JsonObject> {
  const how = config?.Transformation ?? 'NONE';
  const files: Readonly<Record<string, readonly Json[]>> = {
    FAILED: transform(
      ended.filter(({ status }) => status !== 'SUCCEEDED'),
      how,
    ),
    PENDING: pending.map((input) => ({
      Input: textOfJson(input),
      InputDetails: { Included: true },
      Status: 'PENDING',
    })),
    SUCCEEDED: transform(
      ended.filter(({ status }) => status === 'SUCCEEDED'),
      how,
    ),
  };
  const extension = config?.OutputType === 'JSONL' ? 'jsonl' : 'json';
  const manifest: Record<string, Json> = {};
  const { objects } = scope.run.ports;
  const key = `${folder}/manifest.json`;
  try {
    for (const [status, results] of Object.entries(files)) {
      const body = format(results, config?.OutputType);
      const name = `${folder}/${status}_0.${extension}`;
      if (results.length > 0) await objects.write(bucket, name, body);
      manifest[status] = results.length > 0 ? [{ Key: name, Size: Buffer.byteLength(body) }] : [];
    }
    const described = { DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: manifest };
    await objects.write(bucket, key, textOfJson(described));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (!isStoodInFor(error, objects)) throw new StateFailure('States.ResultWriterFailed', error.message);
  }
  return { Bucket: bucket, Key: key };
}

function transform(ended: readonly EndedExecution[], how: Transformation): Json[] {
  return ended.flatMap((one): readonly Json[] => {
    // What failed is described whatever the transformation.
    if (how === 'NONE' || one.output === undefined) return [described(one)];
    const output = jsonOfText(one.output) ?? null;
    return how === 'FLATTEN' && isJsonArray(output) ? output : [output];
  });
}

/** A child as result files have it: its dates are texts. Source: AWS, "ResultWriter", transformation NONE. */
function described(one: EndedExecution): Json {
  return {
    ...endedView(one, false),
    StartDate: new Date(one.startedAtMs).toISOString(),
    StopDate: new Date(one.stoppedAtMs).toISOString(),
  };
}

function format(results: readonly Json[], type: 'JSON' | 'JSONL' | undefined): string {
  return type === 'JSONL' ? results.map((one) => `${textOfJson(one)}\n`).join('') : textOfJson(results);
}
