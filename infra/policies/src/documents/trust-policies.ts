import { type PolicyDocument } from '../document.ts';
import { type ResolvedConfig } from './policy-config.ts';

/**
 * Who may take a role of the pool: identities of this very pool, signed in or not. Without `aud` every identity pool of
 * every account could take it, so IAM refuses to save such a policy. `sts:TagSession` is left out: no document here uses
 * principal tags.
 */
export function identityTrust(
  config: ResolvedConfig,
  amr: 'authenticated' | 'unauthenticated',
): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: 'cognito-identity.amazonaws.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: { 'cognito-identity.amazonaws.com:aud': config.identityPoolId },
          'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': amr },
        },
      },
    ],
  };
}

/** Containers run under ECS tasks, functions under Lambda. ECS says for which account it asks; Lambda does not. */
export function serviceTrust(config: ResolvedConfig, service: 'ecs-tasks' | 'lambda'): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: `${service}.amazonaws.com` },
        Action: 'sts:AssumeRole',
        ...(service === 'ecs-tasks'
          ? { Condition: { StringEquals: { 'aws:SourceAccount': config.accountId } } }
          : {}),
      },
    ],
  };
}
