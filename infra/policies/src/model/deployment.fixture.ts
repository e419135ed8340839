import { buildPolicies } from '../documents/build.ts';
import { GUEST_SCOPE_DOWN } from '../documents/guest-scope-down.ts';
import { compilePolicy, type CompiledPolicy } from '../evaluate/compile.ts';
import {
  createAuthorizationModel,
  type AuthorizationModel,
  type PolicySources,
} from './authorization-model.ts';
import { type IdentityPrincipal } from './principal.ts';

/** A deployment for tests: its documents, a model that decides by them, and identities of its pool. */
export const accountId = '111122223333';
export const region = 'us-east-1';
export const bucket = 'progress-uploads-111122223333';
export const built = buildPolicies({
  region,
  accountId,
  bucket,
  identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
  guestUploads: true,
  kvs: { channelPattern: 'session-*' },
  services: { stateMachineNames: ['PhotoPipeline'] },
});
const compiled = new Map<string, CompiledPolicy>(
  [built.authenticated, built.guest, ...Object.values(built.services)].map(({ roleName, document }) => [
    roleName,
    compilePolicy(document, { name: roleName }),
  ]),
);
const iotPolicy = compilePolicy(built.iotPolicy.document, { name: built.iotPolicy.name, kind: 'iot' });
const bucketPolicy = compilePolicy(built.bucketPolicy, { name: 'bucket policy', kind: 'resource' });
export const scopeDown = compilePolicy(GUEST_SCOPE_DOWN, { name: 'guest scope-down', kind: 'session' });

export function model(change: Partial<PolicySources> = {}): AuthorizationModel {
  return createAuthorizationModel(
    {
      rolePolicies: (name) => {
        const policy = compiled.get(name);
        return policy === undefined ? [] : [policy];
      },
      iotPolicies: () => [iotPolicy],
      bucketPolicy: (name) => (name === bucket ? bucketPolicy : undefined),
      sessionPolicies: (principal) =>
        principal.kind === 'identity' && !principal.authenticated ? [scopeDown] : undefined,
      ...change,
    },
    { region },
  );
}

export function identity(n: number, authenticated = true): IdentityPrincipal {
  return {
    kind: 'identity',
    accountId,
    roleName: authenticated ? built.authenticated.roleName : built.guest.roleName,
    identityId: `us-east-1:${String(n).padStart(8, '0')}-4b5a-c6d7-8e9f-0a1b2c3d4e5f`,
    identityPoolId: 'us-east-1:9d2c5a7e-4b1f-4f0a-8c3e-2a6b7d9e0f11',
    authenticated,
    amr: authenticated
      ? ['authenticated', 'cognito-idp.us-east-1.amazonaws.com/us-east-1_Ab3dEf9Gh']
      : ['unauthenticated'],
  };
}
