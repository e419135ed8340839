/** The part of an SDK client's configuration that every client of ours has. */
export interface AwsClientDefaults {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
    readonly socketTimeout: number;
  };
}

/**
 * Time limits for an SDK client: `new SFNClient(awsClientDefaults())`. The SDK itself has none. Connecting may take 2 s,
 * the answer may begin after `requestTimeoutMs`, and its body stand still for as long; after that the attempt fails and the next
 * begins, three in all.
 * @param options.requestTimeoutMs default 10,000
 */
export function awsClientDefaults(options: { readonly requestTimeoutMs?: number } = {}): AwsClientDefaults {
  const { requestTimeoutMs = 10_000 } = options;
  return {
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: requestTimeoutMs,
      // Without it the SDK only warns.
      throwOnRequestTimeout: true,
      socketTimeout: requestTimeoutMs,
    },
  };
}
