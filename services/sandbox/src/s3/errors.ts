import { AwsError } from '../core/index.ts';

const known = {
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  BucketAlreadyOwnedByYou: [
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  ],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  KeyTooLongError: [400, 'Your key is too long: at most 1024 bytes of UTF-8.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  BadDigest: [
    400,
    'The Content-MD5 or checksum value that you specified did not match what the server received.',
  ],
  InvalidDigest: [400, 'The Content-MD5 or checksum value that you specified is not valid.'],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  ],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed object size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.'],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match.',
  ],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  NotModified: [304, 'Not Modified'],
  AccessDenied: [403, 'Access Denied'],
} as const satisfies Record<string, readonly [number, string]>;

/** An error of S3 in S3's words, with what is particular about this case after them. */
export function s3Error(code: keyof typeof known, detail?: string): AwsError {
  const [status, message] = known[code];
  return new AwsError(code, status, detail === undefined ? message : `${message} ${detail}`);
}

/** A request that is wrong in a way S3 has no code of its own for. */
export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgument', 400, message);
}

export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequest', 400, message);
}
