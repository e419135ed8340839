/** What every client of an AWS service is made with. */
export interface ClientOptions {
  readonly region: string;
  readonly profile?: string;
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly maxAttempts: number;
  readonly requestHandler: { readonly connectionTimeout: number; readonly requestTimeout: number };
}

/** A doctor that hangs is no help: few attempts, short patience. Milliseconds. */
export const patience = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 4_000, requestTimeout: 15_000 },
} as const;
