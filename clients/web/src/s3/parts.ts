import { ConfigurationError } from '../errors.ts';
import { elementsOf, escaped, textOf } from './xml.ts';

const MEBIBYTE = 1024 * 1024;
/** S3: the smallest part but the last, and the most parts. */
export const MIN_PART_BYTES = 5 * MEBIBYTE;
export const MAX_PARTS = 10_000;
export const DEFAULT_PART_BYTES = 8 * MEBIBYTE;

/** A slice of the file. `partNumber` counts from 1; `end` is exclusive. */
export interface PartPlan {
  readonly partNumber: number;
  readonly start: number;
  readonly end: number;
}

/** A part that S3 has. */
export interface StoredPart {
  readonly partNumber: number;
  readonly etag: string;
  /** Undefined where a listing does not say it. */
  readonly crc32: string | undefined;
  readonly size: number;
}

/**
 * The size of a part: what is wanted, or more where the file would otherwise have more parts than S3 takes.
 * @throws ConfigurationError below 5 MiB
 */
export function partBytesFor(size: number, wanted: number): number {
  if (!Number.isSafeInteger(wanted) || wanted < MIN_PART_BYTES)
    throw new ConfigurationError(`partBytes must be at least ${MIN_PART_BYTES}: S3 takes no smaller parts`);
  const least = Math.ceil(size / MAX_PARTS);
  return least <= wanted ? wanted : Math.ceil(least / MEBIBYTE) * MEBIBYTE;
}

/** The parts of a file, in order; every byte in one of them. */
export function planParts(size: number, partBytes: number): PartPlan[] {
  return Array.from({ length: Math.max(1, Math.ceil(size / partBytes)) }, (_, index) => ({
    partNumber: index + 1,
    start: index * partBytes,
    end: Math.min(size, (index + 1) * partBytes),
  }));
}

/** One page of a listing of parts. `next` is the marker of the page after it. */
export function readPartsPage(xml: string): {
  readonly parts: StoredPart[];
  readonly next: string | undefined;
} {
  const parts = elementsOf(xml, 'Part').flatMap((part) => {
    const partNumber = Number(textOf(part, 'PartNumber'));
    const size = Number(textOf(part, 'Size'));
    const etag = textOf(part, 'ETag');
    if (!Number.isInteger(partNumber) || !Number.isInteger(size) || etag === undefined) return [];
    return [{ partNumber, size, etag, crc32: textOf(part, 'ChecksumCRC32') }];
  });
  const next = textOf(xml, 'IsTruncated') === 'true' ? textOf(xml, 'NextPartNumberMarker') : undefined;
  return { parts, next };
}

/** The body that completes a multipart upload. Parts in any order. */
export function completionXml(parts: Iterable<Omit<StoredPart, 'size'>>): string {
  const lines = [...parts]
    .sort((one, other) => one.partNumber - other.partNumber)
    .map(({ partNumber, etag, crc32 }) => {
      const checksum = crc32 === undefined ? '' : `<ChecksumCRC32>${escaped(crc32)}</ChecksumCRC32>`;
      return `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escaped(etag)}</ETag>${checksum}</Part>`;
    });
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${lines.join('')}</CompleteMultipartUpload>`;
}
