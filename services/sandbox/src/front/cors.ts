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

/** What goes with every answer, also refusals: a browser hides a refusal that lacks it. */
export const corsHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
};

/**
 * The answer to a preflight: any origin, the headers that were asked for. No cookies are involved, so `*` gives nobody
 * anything that they could not do with curl; who may do what is decided by signature and policy.
 */
export function preflightHeaders(requestedHeaders: string | undefined): Readonly<Record<string, string>> {
  return {
    ...corsHeaders,
    'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
    'access-control-allow-headers': requestedHeaders ?? '*',
    'access-control-max-age': '3600',
    vary: 'Access-Control-Request-Headers',
  };
}
