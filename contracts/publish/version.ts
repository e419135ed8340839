/**
 * Version of the contract, by semantic versioning. A breaking change raises the first number, which also stands in the
 * folder, in the topics and in the type of every message; see docs/reference/contract.md.
 */
export const CONTRACT_VERSION = '1.3.0';

/** `v1` of `1.4.2`: the folder of a version, and the end of its topic namespace and of its message types. */
export function majorOf(version: string): string {
  return `v${version.split('.', 1)[0] ?? ''}`;
}

export const MAJOR = majorOf(CONTRACT_VERSION);

/** The identifier of a published file. It names the file; nothing has to answer there. */
export function publishedId(file: string): string {
  return `https://stepcast.dev/contracts/${MAJOR}/${file}`;
}
