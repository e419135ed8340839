/**
 * Every code that a dead letter may have. Each has a section in the runbook, which `stepcast dead-letters explain` reads
 * out; an error with any other code is given up under the code of what handled it, and the reason names it.
 */
export const DEAD_LETTER_CODES = [
  'CORRELATOR_BATCH_INVALID',
  'CORRELATOR_CHECKPOINT_INVALID',
  'CORRELATOR_OWNER_CONFLICT',
  'CORRELATOR_RETRIES_EXHAUSTED',
  'CORRELATOR_START_FAILED',
  'CORRELATOR_STATUS_INVALID',
  'CORRELATOR_STORED_ITEM_INVALID',
  'CORRELATOR_STORE_FAILED',
  'CORRELATOR_UNOWNED',
  'CORRELATOR_UPLOAD_INVALID',
  'CORRELATOR_UPLOAD_UNOWNED',
  'FORWARDER_FAILED',
  'FORWARDER_PAYLOAD_INVALID',
  'FORWARDER_RECORD_INVALID',
  'PROVISIONER_INTERNAL',
  'PROVISIONER_LOGIN_MALFORMED',
  'PROVISIONER_POLICY_NOT_ATTACHABLE',
  'PUBLISHER_HANDOVER_INVALID',
  'PUBLISHER_MESSAGE_TOO_LARGE',
  'PUBLISHER_PUBLISH_REFUSED',
] as const;
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

/** What a letter says of an error. */
export interface ErrorOnLetter {
  readonly code: DeadLetterCode;
  /** The message of the error, behind its own code where the letter has another. */
  readonly reason: string;
}

/** @param otherCode the code of the letter when the error has none, or one that no letter has */
export function letterOfError(thrown: unknown, otherCode: DeadLetterCode): ErrorOnLetter {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const own = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (typeof own !== 'string') return { code: otherCode, reason: message };
  const known = DEAD_LETTER_CODES.find((code) => code === own);
  return known === undefined
    ? { code: otherCode, reason: `${own}: ${message}` }
    : { code: known, reason: message };
}
