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
  readonly requestHandler: RequestPatience;
}

/** Milliseconds. Without `throwOnRequestTimeout` the SDK warns, and goes on waiting; `requestTimeout` ends with the headers of an answer. */
export interface RequestPatience {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly throwOnRequestTimeout: true;
  /** An answer whose body stands still for so long is given up. */
  readonly socketTimeout: number;
}

/** A doctor that hangs is no help: few attempts, and no longer than the slowest of answers takes. */
export const patience = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: 4_000,
    requestTimeout: 30_000,
    throwOnRequestTimeout: true,
    socketTimeout: 30_000,
  },
} as const satisfies Pick<ClientOptions, 'maxAttempts' | 'requestHandler'>;
