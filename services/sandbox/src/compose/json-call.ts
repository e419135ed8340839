import { Sha256 } from '@aws-crypto/sha256-js';
import { isJsonObject, jsonOfText, memberOf, ServiceError, type Json } from '@stepcast/asl-interpreter';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { IssuedCredential } from '../core/index.ts';

/** A service of this sandbox that speaks one of AWS's JSON protocols. */
export interface JsonEndpoint {
  /** `http://127.0.0.1:4200/dynamodb` */
  readonly url: string;
  readonly signingName: string;
  /** `DynamoDB_20120810` */
  readonly targetPrefix: string;
  readonly jsonVersion: '1.0' | '1.1';
  /** How Step Functions begins the names of its errors: `DynamoDb`. */
  readonly errorPrefix: string;
}

const timeoutMs = 30_000;

/**
 * Calls an operation with its parameters as they are, signed as any client signs.
 * @throws ServiceError named as Step Functions names it: `DynamoDb.ResourceNotFoundException`
 */
export async function callJson(
  endpoint: JsonEndpoint,
  operation: string,
  parameters: Json,
  { region, credential, signal }: { region: string; credential: IssuedCredential; signal: AbortSignal },
): Promise<Json> {
  const url = new URL(endpoint.url);
  const body = JSON.stringify(parameters);
  const signer = new SignatureV4({
    region,
    service: endpoint.signingName,
    credentials: { accessKeyId: credential.accessKeyId, secretAccessKey: credential.secretAccessKey },
    sha256: Sha256,
  });
  const { headers } = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname === '' ? '/' : url.pathname,
      headers: {
        host: url.host,
        'content-type': `application/x-amz-json-${endpoint.jsonVersion}`,
        'x-amz-target': `${endpoint.targetPrefix}.${operation}`,
      },
      body,
    }),
  );
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const answer = jsonOfText(await response.text()) ?? {};
  if (response.ok) return answer;
  throw new ServiceError(`${endpoint.errorPrefix}.${codeOf(answer)}`, messageOf(answer));
}

function codeOf(answer: Json): string {
  const type = isJsonObject(answer) ? memberOf(answer, '__type') : undefined;
  const code = typeof type === 'string' ? (type.split('#').at(-1) ?? type) : 'UnknownError';
  return code.endsWith('Exception') ? code : `${code}Exception`;
}

function messageOf(answer: Json): string {
  const message = isJsonObject(answer)
    ? (memberOf(answer, 'message') ?? memberOf(answer, 'Message'))
    : undefined;
  return typeof message === 'string' ? message : 'the service gave no reason';
}
