/** A difference between two versions of the contract. */
export interface Change {
  readonly kind: 'breaking' | 'harmless';
  /** Where: a schema and the way into it, or a JSON pointer into the document. */
  readonly where: string;
  readonly what: string;
}

/** Who sends a message: `sent` by the service and read by others, `received` by the service from others. */
export type Direction = 'sent' | 'received';
