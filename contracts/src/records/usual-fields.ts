export const isText = (value: unknown): boolean => typeof value === 'string';
export const isCount = (value: unknown): boolean => Number.isFinite(value);

/** What usual values of the fields look like that details have both before they are cut and after. */
export const usualFields = {
  name: isText,
  index: isCount,
  length: isCount,
  resourceType: isText,
  resource: isText,
  error: isText,
  cause: isText,
  mapRunArn: isText,
  redriveCount: isCount,
  state: isText,
  input: isText,
} as const;
