import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { isJsonArray, isJsonObject, type Json, type ServiceCall } from '@stepcast/asl-interpreter';
import { valueOfShape } from './make-value.ts';
import { capitalized, shapeNameOf } from './services.ts';
import { SHAPES_FILE } from './shapes-file.ts';

export interface StandInOptions {
  readonly region: string;
  readonly accountId: string;
  readonly nowMs: () => number;
  /** The definition whose tasks are answered for: what it compares a status with is what a stand-in says. */
  readonly definition: string;
}

const good =
  /^(?:succe\w*|complete\w*|available|active|ready|done|finished|approved|passed|ok|in_?service|running|stopped)$/i;
const quoted = /"([A-Za-z_]{2,30})\\?"|'([A-Za-z_]{2,30})'/g;
const defaultStatus = 'SUCCEEDED';

/**
 * Answers for services that are not in the sandbox: an output of the shape that the service's API model gives it, with
 * made-up values. That it is one stands in `SdkResponseMetadata`.
 */
export function createStandIns(options: StandInOptions): (call: ServiceCall) => Json {
  const status = statusIn(options.definition);
  let shapes: ReadonlyMap<string, string> | undefined;
  return ({ resource, parameters, requestId }) => {
    shapes ??= readShapes();
    const isWaitedFor = resource.pattern === 'sync' || resource.pattern === 'sync:2';
    const { service, operation, member } = shapeNameOf(resource.resourceType, resource.action, isWaitedFor);
    const shape = shapes.get(`${service} ${operation}`) ?? '{}';
    const { region, accountId } = options;
    const made = valueOfShape(shape, {
      nowMs: options.nowMs(),
      requestId,
      region,
      accountId,
      service,
      status,
      parameters,
    });
    const value = member === undefined ? made : memberIn(made, member);
    const marked = { SdkResponseMetadata: { RequestId: `stand-in-${requestId}` } };
    return isJsonObject(value) ? { ...value, ...extraOf(resource, requestId), ...marked } : marked;
  };
}

/** Integrations whose answer is no output of an API. */
function extraOf(
  { resourceType, action }: ServiceCall['resource'],
  requestId: string,
): Readonly<Record<string, Json>> {
  if (resourceType === 'http' || resourceType === 'apigateway')
    return { StatusCode: 200, StatusText: 'OK', Headers: {}, ResponseBody: {} };
  if (resourceType === 'elasticmapreduce') return clusterAnswers(requestId)[action] ?? {};
  if (resourceType === 'bedrock') return { Body: {}, ContentType: 'application/json' };
  return {};
}

/** The optimised integration of EMR has answers of its own: `ClusterId` where the API says `JobFlowId`. */
function clusterAnswers(id: string): Readonly<Record<string, Readonly<Record<string, Json>>>> {
  return {
    createCluster: { ClusterId: id },
    addStep: { StepId: id },
    cancelStep: { CancelStepsInfo: { StepId: id, Status: 'SUBMITTED' } },
  };
}

function memberIn(value: Json, name: string): Json {
  const found = isJsonObject(value) ? (value[capitalized(name)] ?? null) : null;
  return isJsonArray(found) ? (found[0] ?? null) : found;
}

/** The first word in a definition that says that something went well. */
function statusIn(definition: string): string {
  for (const [, double, single] of definition.matchAll(quoted)) {
    const word = double ?? single ?? '';
    if (good.test(word) && word !== 'Succeed') return word;
  }
  return defaultStatus;
}

function readShapes(): ReadonlyMap<string, string> {
  const lines = brotliDecompressSync(readFileSync(SHAPES_FILE)).toString('utf8').split('\n');
  return new Map(
    lines.map((line) => {
      const end = line.indexOf(' ', line.indexOf(' ') + 1);
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  );
}
