/** Headers that browser clients need to read: ETag to complete a multipart upload, the ids to report a problem. */
const EXPOSED = [
  'ETag',
  'Content-Range',
  'x-amz-request-id',
  'x-amz-id-2',
  'x-amz-version-id',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-sha1',
  'x-amz-checksum-sha256',
  'x-amz-checksum-type',
  'x-amz-mp-parts-count',
  'x-amzn-RequestId',
  'x-amzn-ErrorType',
].join(', ');

/**
 * What goes with every answer, also refusals: a browser hides a refusal that lacks it. Which origins get this far was decided at
 * the door.
 */
export function corsHeaders(origin: string | undefined): Readonly<Record<string, string>> {
  return {
    'access-control-allow-origin': origin ?? '*',
    'access-control-expose-headers': EXPOSED,
    vary: 'Origin',
  };
}

/** The answer to a preflight: the headers that were asked for. Who may do what is decided by signature and policy. */
export function preflightHeaders(
  origin: string | undefined,
  requestedHeaders: string | undefined,
): Readonly<Record<string, string>> {
  return {
    ...corsHeaders(origin),
    'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
    'access-control-allow-headers': requestedHeaders ?? '*',
    'access-control-max-age': '3600',
    vary: 'Origin, Access-Control-Request-Headers',
  };
}
