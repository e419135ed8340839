import { AwsError, type ErrorWire, type ServiceReply, type SigV4Refusal } from '../core/index.ts';

/** `[code, status]` per wire, as the services word a refused signature. */
const jsonRefusals: Readonly<Record<SigV4Refusal, readonly [string, number]>> = {
  missing: ['MissingAuthenticationTokenException', 400],
  malformed: ['IncompleteSignatureException', 400],
  scope: ['InvalidSignatureException', 400],
  unsignedHeaders: ['InvalidSignatureException', 400],
  unknownKey: ['UnrecognizedClientException', 400],
  invalidToken: ['UnrecognizedClientException', 400],
  skewed: ['InvalidSignatureException', 400],
  expiredRequest: ['InvalidSignatureException', 400],
  expiredCredential: ['ExpiredTokenException', 400],
  signature: ['InvalidSignatureException', 400],
};

const s3Refusals: Readonly<Record<SigV4Refusal, readonly [string, number]>> = {
  missing: ['AccessDenied', 403],
  malformed: ['AuthorizationHeaderMalformed', 400],
  scope: ['AuthorizationHeaderMalformed', 400],
  unsignedHeaders: ['AccessDenied', 403],
  unknownKey: ['InvalidAccessKeyId', 403],
  invalidToken: ['InvalidToken', 400],
  skewed: ['RequestTimeTooSkewed', 403],
  expiredRequest: ['AccessDenied', 403],
  expiredCredential: ['ExpiredToken', 400],
  signature: ['SignatureDoesNotMatch', 403],
};

/** A refused signature as the error that the service's own SDK knows. REST-JSON services answer all of them with 403. */
export function refusalError(
  wire: ErrorWire,
  refusal: SigV4Refusal,
  message: string,
  details: AwsError['details'] = {},
): AwsError {
  const [code, status] = (wire === 's3-xml' ? s3Refusals : jsonRefusals)[refusal];
  return new AwsError(code, wire === 'rest-json' ? 403 : status, message, { details });
}

/** Escapes text for XML. Control characters, most of which XML 1.0 cannot hold, become U+FFFD. */
function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\ufffe\uffff]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** JSON services call an IAM refusal `AccessDeniedException` and answer it with 400; S3 and REST keep 403. */
function onWire(wire: ErrorWire, error: AwsError): { readonly code: string; readonly status: number } {
  if (wire !== 's3-xml' && error.code === 'AccessDenied')
    return { code: 'AccessDeniedException', status: wire === 'rest-json' ? 403 : 400 };
  return { code: error.code, status: error.httpStatus };
}

/** Header in which a service names the request. */
export function requestIdHeaders(wire: ErrorWire, requestId: string): Readonly<Record<string, string>> {
  return wire === 's3-xml'
    ? { 'x-amz-request-id': requestId, 'x-amz-id-2': `stepcast/${requestId}` }
    : { 'x-amzn-RequestId': requestId };
}

/**
 * An error as the service would send it. Answers to `HEAD` have no body, so S3's code is also in the header
 * `x-amz-error-code`, which real S3 does not send but no client minds.
 */
export function errorReply(
  wire: ErrorWire,
  error: AwsError,
  request: { readonly method: string; readonly path: string; readonly requestId: string },
): ServiceReply {
  const { code, status } = onWire(wire, error);
  if (wire === 's3-xml') {
    const headers = { 'content-type': 'application/xml', 'x-amz-error-code': code };
    if (request.method === 'HEAD' || status === 304)
      return { status, headers: { 'x-amz-error-code': code }, body: undefined };
    const body =
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<Error><Code>${xmlText(code)}</Code><Message>${xmlText(error.message)}</Message>` +
      Object.entries(error.details)
        .map(([name, value]) => `<${name}>${xmlText(value)}</${name}>`)
        .join('') +
      `<Resource>${xmlText(request.path)}</Resource><RequestId>${request.requestId}</RequestId></Error>`;
    return { status, headers, body };
  }
  const contentType = wire === 'rest-json' ? 'application/json' : `application/x-amz-${wire}`;
  return {
    status,
    headers: { 'content-type': contentType, 'x-amzn-ErrorType': code },
    body: JSON.stringify({ __type: code, message: error.message, Message: error.message }),
  };
}
