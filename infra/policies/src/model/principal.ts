/**
 * Who makes a call. The same shape as the sandbox's `Principal`, written down here because this package stands below
 * the sandbox and may not import it; TypeScript compares shapes, so values pass both ways.
 */
export type Principal =
  | { readonly kind: 'root'; readonly accountId: string }
  | { readonly kind: 'service'; readonly accountId: string; readonly roleName: string }
  | {
      readonly kind: 'identity';
      readonly accountId: string;
      readonly roleName: string;
      readonly identityId: string;
      readonly identityPoolId: string;
      readonly authenticated: boolean;
      readonly amr: readonly string[];
    }
  | { readonly kind: 'anonymous' };

/** A Cognito identity under a role of its pool. */
export type IdentityPrincipal = Extract<Principal, { kind: 'identity' }>;
export type ServicePrincipal = Extract<Principal, { kind: 'service' }>;

export const COGNITO_IDENTITY = 'cognito-identity.amazonaws.com';

/** Keys that only Cognito credentials carry. */
export const COGNITO_KEYS: readonly string[] = [
  `${COGNITO_IDENTITY}:sub`,
  `${COGNITO_IDENTITY}:aud`,
  `${COGNITO_IDENTITY}:amr`,
];

/** Name of the session that Cognito opens for every identity in the enhanced flow. */
const COGNITO_SESSION = 'CognitoIdentityCredentials';

export function roleArnOf(principal: IdentityPrincipal | ServicePrincipal, partition: string): string {
  return `arn:${partition}:iam::${principal.accountId}:role/${principal.roleName}`;
}

export function sessionArnOf(principal: IdentityPrincipal | ServicePrincipal, partition: string): string {
  const session = principal.kind === 'identity' ? COGNITO_SESSION : 'stepcast';
  return `arn:${partition}:sts::${principal.accountId}:assumed-role/${principal.roleName}/${session}`;
}
