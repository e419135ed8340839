import type { KeyTemplate } from '@stepcast/contracts';

/** Where people upload. */
export interface UploadRules {
  readonly keyTemplate: KeyTemplate;
  /** Undefined: any bucket. */
  readonly bucket: string | undefined;
}

/** Whether the object lies where a person uploads. */
export function isUpload(
  object: { readonly bucket: string; readonly key: string },
  { keyTemplate, bucket }: UploadRules,
): boolean {
  return (
    keyTemplate.ownerOf(object.key).kind === 'identity' && (bucket === undefined || bucket === object.bucket)
  );
}
