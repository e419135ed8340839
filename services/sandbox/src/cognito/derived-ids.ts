import { createHmac } from 'node:crypto';

/**
 * GUIDs that follow from a seed and a name, so that a restarted sandbox gives the same people the same ids (their
 * uploads, topics and policies hang on them). Like Cognito's own, they are no RFC 4122 UUIDs: any version digit may come.
 */
export function derivedGuid(seed: string, ...names: readonly string[]): string {
  const hex = createHmac('sha256', seed).update(JSON.stringify(names)).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
