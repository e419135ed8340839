/** Temporary AWS credentials. The field names are those of the AWS SDK and of Amplify. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When they end. Without it they are taken to last. */
  readonly expiration?: Date | undefined;
}

/** What `fetchAuthSession` of Amplify resolves to, as far as it matters here. */
export interface AuthSession {
  readonly credentials?: AwsCredentials | undefined;
  readonly identityId?: string | undefined;
}

/** What a credential provider of the AWS SDK for an identity pool resolves to. */
export interface AwsIdentity extends AwsCredentials {
  readonly identityId?: string | undefined;
  /**
   * How far the clock of AWS is ahead of this device's, in milliseconds. Known to `cognitoCredentials`; the signature
   * uses it.
   */
  readonly clockOffsetMs?: number | undefined;
}

/**
 * Gives credentials when asked. It is asked before every connection attempt, with `{ forceRefresh: true }` when those
 * it gave last are about to expire or were refused.
 */
export type CredentialProvider = (request?: object) => Promise<AuthSession | AwsIdentity>;

/**
 * Where credentials come from, unchanged from the libraries that apps already have:
 *
 * - Amplify: `fetchAuthSession`
 * - AWS SDK v3: `fromCognitoIdentityPool({ … })`
 * - any other AWS SDK provider, with the identity beside it: `{ credentials: provider, identityId }`
 * - none of them: `cognitoCredentials({ … })` of this package
 */
export type CredentialSource =
  | CredentialProvider
  | {
      readonly credentials: CredentialProvider;
      readonly identityId?: string | (() => Promise<string>) | undefined;
    };
