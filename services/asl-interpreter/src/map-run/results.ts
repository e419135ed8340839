import type { MapState } from '../definition/schema.ts';
import { StateFailure } from '../engine/failures.ts';
import type { StateScope } from '../engine/run.ts';
import { endedView } from '../engine/tasks/nested-execution.ts';
import { isJsonArray, jsonOfText, memberOf, textOfJson, type Json } from '../json.ts';
import { ServiceError, type EndedExecution } from '../ports.ts';
import { parametersOf } from './read-items.ts';

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
  const parameters = await parametersOf(writer, state, scope);
  const bucket = memberOf(parameters, 'Bucket');
  const prefix = memberOf(parameters, 'Prefix');
  if (typeof bucket !== 'string')
    throw new StateFailure('States.ResultWriterFailed', 'The ResultWriter needs Bucket, a string.');
  const run = mapRunArn.slice(mapRunArn.lastIndexOf(':') + 1);
  const folder = typeof prefix === 'string' && prefix !== '' ? `${prefix}/${run}` : run;
  const files = {
    SUCCEEDED: ended.filter(({ status }) => status === 'SUCCEEDED'),
    FAILED: ended.filter(({ status }) => status !== 'SUCCEEDED'),
    PENDING: [],
  };
  const manifest: Record<string, Json> = {};
  const { objects } = scope.run.ports;
  try {
    for (const [status, executions] of Object.entries(files)) {
      const extension = config?.OutputType === 'JSONL' ? 'jsonl' : 'json';
      const body = format(transform(executions, config?.Transformation ?? 'NONE'), config?.OutputType);
      const key = `${folder}/${status}_0.${extension}`;
      if (executions.length > 0) await objects.write(bucket, key, body);
      manifest[status] = executions.length > 0 ? [{ Key: key, Size: Buffer.byteLength(body) }] : [];
    }
    await objects.write(
      bucket,
      `${folder}/manifest.json`,
      textOfJson({ DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: manifest }),
    );
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (objects.standIns !== true) throw new StateFailure('States.ResultWriterFailed', error.message);
  }
  return {
    output: {
      MapRunArn: mapRunArn,
      ResultWriterDetails: { Bucket: bucket, Key: `${folder}/manifest.json` },
    },
    written: ended.length,
  };
}

function transform(ended: readonly EndedExecution[], how: Transformation): Json[] {
  return ended.flatMap((one): readonly Json[] => {
    // What failed is described whatever the transformation.
    if (how === 'NONE' || one.output === undefined) return [endedView(one, false)];
    const output = jsonOfText(one.output) ?? null;
    return how === 'FLATTEN' && isJsonArray(output) ? output : [output];
  });
}

function format(results: readonly Json[], type: 'JSON' | 'JSONL' | undefined): string {
  return type === 'JSONL' ? results.map((one) => `${textOfJson(one)}\n`).join('') : textOfJson(results);
}
