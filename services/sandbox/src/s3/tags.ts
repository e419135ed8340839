import { AwsError, notImplemented, type ServiceRequest } from '../core/index.ts';
import { invalidArgument, s3Error } from './errors.ts';
import type { XmlElement, XmlNode } from './xml.ts';
import { childText } from './xml.ts';

/** The tags of one object, in the order in which they were set. */
export type Tags = ReadonlyMap<string, string>;

type Headers = ServiceRequest['headers'];
/** Condition keys of a request. */
type Context = Readonly<Record<string, string | readonly string[]>>;

export const NO_TAGS: Tags = new Map();

const MAX_TAGS = 10;
const MAX_KEY_LENGTH = 128;
const MAX_VALUE_LENGTH = 256;
/** What S3 lets a tag consist of, in any script. */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const RESERVED = /^aws:/i;

const invalidTag = (message: string) => new AwsError('InvalidTag', 400, message);

/**
 * @throws AwsError `BadRequest` for more than ten, `InvalidTag` for one that is too long, has a character that none may have,
 * or a key of AWS's own
 */
function checked(pairs: readonly (readonly [key: string, value: string])[]): Tags {
  if (pairs.length > MAX_TAGS)
    throw new AwsError('BadRequest', 400, `Object tags cannot be greater than ${MAX_TAGS}`);
  for (const [key, value] of pairs) {
    if (key === '' || lengthOf(key) > MAX_KEY_LENGTH || !ALLOWED.test(key))
      throw invalidTag('The TagKey you have provided is invalid');
    if (lengthOf(value) > MAX_VALUE_LENGTH || !ALLOWED.test(value))
      throw invalidTag('The TagValue you have provided is invalid');
    if (RESERVED.test(key)) throw invalidTag('System tags cannot be added/updated by requester');
  }
  return new Map(pairs);
}

/** In characters, not in the halves of which JavaScript makes those beyond the first 65,536. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

/**
 * The tags of `x-amz-tagging`, which is written like the query of a URL.
 * @throws AwsError as for every set of tags; `InvalidArgument` when it is written otherwise or names a key twice
 */
export function tagsOfHeader(headers: Headers): Tags {
  const header = headers['x-amz-tagging'] ?? '';
  if (header === '') return NO_TAGS;
  const pairs = header.split('&').map((pair) => {
    const at = pair.indexOf('=');
    return [unquoted(at < 0 ? pair : pair.slice(0, at)), unquoted(at < 0 ? '' : pair.slice(at + 1))] as const;
  });
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw badHeader();
  return checked(pairs);
}

function unquoted(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw badHeader();
  }
}

function badHeader(): AwsError {
  return invalidArgument(
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
  );
}

/**
 * The tags of the document `<Tagging><TagSet><Tag>…`.
 * @throws AwsError `MalformedXML`, `InvalidTag`, `BadRequest`
 */
export function tagsOfXml(root: XmlElement): Tags {
  const [set, ...more] = root.children.filter(({ name }) => name === 'TagSet');
  if (root.name !== 'Tagging' || set === undefined || more.length > 0) throw s3Error('MalformedXML');
  const pairs = set.children.map((tag) => {
    const [key, value] = [childText(tag, 'Key'), childText(tag, 'Value')];
    if (tag.name !== 'Tag' || key === undefined || value === undefined) throw s3Error('MalformedXML');
    return [key, value] as const;
  });
  if (new Set(pairs.map(([key]) => key)).size < pairs.length)
    throw invalidTag('Cannot provide multiple Tags with the same key');
  return checked(pairs);
}

export function tagNodes(tags: Tags): readonly XmlNode[] {
  const nodes = [...tags].map(([key, value]): XmlNode => [
    'Tag',
    [
      ['Key', key],
      ['Value', value],
    ],
  ]);
  return [['TagSet', nodes]];
}

/** What policies can ask about tags that a request brings. */
export function requestedTags(tags: Tags): Context {
  if (tags.size === 0) return {};
  const each = [...tags].map(([key, value]) => [`s3:RequestObjectTag/${key}`, value] as const);
  return { ...Object.fromEntries(each), 's3:RequestObjectTagKeys': [...tags.keys()] };
}

/** What policies can ask about tags that an object has. */
export function existingTags(object: { readonly tags: Tags } | undefined): Context {
  const each = [...(object?.tags ?? NO_TAGS)];
  return Object.fromEntries(each.map(([key, value]) => [`s3:ExistingObjectTag/${key}`, value]));
}

/**
 * Whether a copy takes the tags of its source.
 * @throws AwsError `InvalidArgument`; `NotImplemented` for tags that a copy of the source's tags would silently drop
 */
export function copiesTags(headers: Headers): boolean {
  const directive = headers['x-amz-tagging-directive'] ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw invalidArgument('Unknown tagging directive; it is COPY or REPLACE.');
  if (directive === 'COPY' && headers['x-amz-tagging'] !== undefined)
    throw notImplemented('S3 x-amz-tagging without x-amz-tagging-directive: REPLACE on a copy');
  return directive === 'COPY';
}
