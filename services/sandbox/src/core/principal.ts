import { globalArn } from './arns.ts';

/** Who makes a call, as proven by the credentials that signed it. */
export type Principal =
  /** The operator of the sandbox: everything is allowed. */
  | { readonly kind: 'root'; readonly accountId: string }
  /** One of Stepcast's own services, under its role. */
  | { readonly kind: 'service'; readonly accountId: string; readonly roleName: string }
  /** A Cognito identity, under a role of its identity pool. */
  | {
      readonly kind: 'identity';
      readonly accountId: string;
      readonly roleName: string;
      readonly identityId: string;
      readonly identityPoolId: string;
      readonly authenticated: boolean;
      /** `cognito-identity.amazonaws.com:amr`: `authenticated` or `unauthenticated`, then the provider names. */
      readonly amr: readonly string[];
    }
  /** Nobody: the call was not signed. Only the public Cognito operations take it. */
  | { readonly kind: 'anonymous' };

/** The ARN by which AWS names the caller in its messages. */
export function callerArn(principal: Principal, region: string): string {
  if (principal.kind === 'anonymous') return 'anonymous';
  const place = { region, accountId: principal.accountId };
  switch (principal.kind) {
    case 'root':
      return globalArn(place, 'iam', 'root');
    case 'service':
      return globalArn(place, 'sts', `assumed-role/${principal.roleName}/stepcast`);
    case 'identity':
      return globalArn(place, 'sts', `assumed-role/${principal.roleName}/CognitoIdentityCredentials`);
  }
}
