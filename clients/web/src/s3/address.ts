import { dnsSuffixOf } from '@stepcast/contracts';
import { ConfigurationError } from '../errors.ts';
import { encode } from '../sigv4.ts';

export interface S3Address {
  /** Region of the bucket. */
  readonly region: string;
  /** Another address of S3. Default: that of AWS in the region. */
  readonly endpoint?: string | undefined;
  /** `https://S3/BUCKET/KEY` instead of `https://BUCKET.S3/KEY`. Default: with an `endpoint`, and for names with a dot. */
  readonly pathStyle?: boolean | undefined;
}

/** Where an object is, in the parts that a signature needs. */
export interface ObjectAddress {
  /** Scheme and host, without a slash at the end. */
  readonly origin: string;
  readonly host: string;
  /** Percent-encoded once, as S3 signs it. */
  readonly path: string;
}

/**
 * The address of an object.
 * @throws ConfigurationError for an endpoint that is no URL, and for a key that no browser can ask for
 */
export function objectAddress(address: S3Address, bucket: string, key: string): ObjectAddress {
  const levels = key.split('/');
  // Whatever a URL is made with, these levels are resolved before it is requested.
  if (levels.includes('.') || levels.includes('..'))
    throw new ConfigurationError('a key with a level "." or ".." has no address that a browser can request');
  const path = levels.map(encode).join('/');
  const { region, endpoint } = address;
  const base = baseOf(endpoint ?? `https://s3.${region}.${dnsSuffixOf(region)}`);
  const basePath = base.pathname.replace(/\/$/, '');
  // The certificate of AWS covers one level in front of `s3`.
  if (address.pathStyle ?? (endpoint !== undefined || bucket.includes('.')))
    return { origin: base.origin, host: base.host, path: `${basePath}/${encode(bucket)}/${path}` };
  const host = `${bucket}.${base.host}`;
  return { origin: `${base.protocol}//${host}`, host, path: `${basePath}/${path}` };
}

function baseOf(endpoint: string): URL {
  try {
    return new URL(endpoint);
  } catch {
    throw new ConfigurationError('the endpoint of S3 must be a URL, like https://s3.us-east-1.amazonaws.com');
  }
}
