import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import {
  AwsError,
  type HttpService,
  type JsonService,
  notImplemented,
  type Operation,
} from '../core/index.ts';

/** Larger than any request that the JSON services take (Step Functions: 256 KiB of input, 1 MiB of definition). */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

function own(operations: JsonService['operations'], name: string): Operation | undefined {
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}

/** `X-Amz-Target: AWSStepFunctions.StartExecution` names the operation. */
function operationName(service: JsonService, target: string | undefined): string | undefined {
  const prefix = `${service.targetPrefix}.`;
  return target?.startsWith(prefix) === true ? target.slice(prefix.length) : undefined;
}

/**
 * The wire of AWS JSON 1.0 and 1.1: operation in `X-Amz-Target`, JSON in, JSON out.
 *
 * An operation that is not listed is answered `NotImplemented` (501), a target of another service
 * `UnknownOperationException` (400), a body that is no JSON `SerializationException` (400).
 */
export function jsonHttpService(service: JsonService): HttpService {
  const contentType = `application/x-amz-json-${service.jsonVersion}`;
  return {
    name: service.name,
    signingName: service.signingName,
    pathEscaping: 'twice',
    errorWire: `json-${service.jsonVersion}`,
    bufferBody: { maxBytes: MAX_BODY_BYTES },
    isPublic: (request) => {
      const name = operationName(service, request.headers['x-amz-target']);
      return name !== undefined && service.publicOperations.has(name);
    },
    handle: async (request, call) => {
      if (request.method !== 'POST')
        throw new AwsError('UnknownOperationException', 400, `${service.name} takes POST requests only.`);
      const name = operationName(service, request.headers['x-amz-target']);
      if (name === undefined)
        throw new AwsError(
          'UnknownOperationException',
          400,
          `The header X-Amz-Target must read ${service.targetPrefix}.<operation>.`,
        );
      const operation = own(service.operations, name);
      if (operation === undefined) throw notImplemented(`${service.name} ${name}`);
      const input = parseJson(z.unknown(), request.body.length === 0 ? '{}' : request.body.toString('utf8'));
      if (!input.ok)
        throw new AwsError('SerializationException', 400, 'The body of the request is not valid JSON.');
      const output = await operation(input.value, call);
      return {
        status: 200,
        headers: { 'content-type': contentType },
        body: JSON.stringify(output ?? {}),
      };
    },
  };
}
