import { regionAndGuid } from '@stepcast/contracts';
import * as z from 'zod';
import {
  AwsError,
  regionalArn,
  type CredentialStore,
  type JsonService,
  type Keeper,
  type Principal,
} from '../core/index.ts';
import { forbiddenRole, invalidParameter, notAuthorized, parseInput, resourceNotFound } from './errors.ts';
import { createIdentityRegistry, type Identity } from './identity-registry.ts';
import type { LoginProvider, ProvenLogin } from './login-verifier.ts';
import { checkRoles, NO_ROLE, PoolRoles, roleOfLogin, rolesNamedIn } from './pool-roles.ts';

export interface IdentityPoolOptions {
  readonly region: string;
  readonly accountId: string;
  /** `REGION:GUID`. It has the shape of an identity ID, and is none. */
  readonly identityPoolId: string;
  readonly identityPoolName: string;
  readonly allowGuests: boolean;
  readonly providers: readonly LoginProvider[];
  readonly credentials: CredentialStore;
  /** Makes each identity ID. The same seed gives the same logins the same identities after a restart. */
  readonly seed: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** As after SetIdentityPoolRoles. Default: none set, and nobody gets credentials. */
  readonly roles?: PoolRoles;
  /** Default: an hour, as in the enhanced flow of AWS. */
  readonly credentialLifetimeMs?: number;
  /** Where identities are stored across restarts. Default: nowhere. */
  readonly keeper?: Keeper | undefined;
}

export interface IdentityPool {
  readonly service: JsonService;
  /** The role document as it stands. */
  roles(): PoolRoles | undefined;
  /** Whether such an identity exists now. */
  has(identityId: string): boolean;
}

const LoginsInput = z.record(z.string(), z.string()).optional();
const IdShape = z
  .string()
  .min(1)
  .max(55)
  .regex(/^[\w-]+:[0-9a-f-]+$/);
const PoolInput = z.object({ IdentityPoolId: IdShape });
const IdentityInput = z.object({ IdentityId: IdShape });
const GetIdInput = z.object({
  IdentityPoolId: IdShape,
  AccountId: z.string().optional(),
  Logins: LoginsInput,
});
const GetCredentialsInput = z.object({
  IdentityId: IdShape,
  Logins: LoginsInput,
  CustomRoleArn: z.string().optional(),
});
const ListInput = z.object({
  IdentityPoolId: IdShape,
  MaxResults: z.number().int().min(1).max(60),
  NextToken: z.string().optional(),
  HideDisabled: z.boolean().optional(),
});
const DeleteInput = z.object({ IdentityIdsToDelete: z.array(IdShape).min(1).max(60) });

const HOUR_MS = 3_600_000;

/**
 * A Cognito identity pool in the enhanced flow: a proven ID token gets its stable identity, an identity gets credentials
 * under the role of the pool. Messages are Cognito's.
 */
export function createIdentityPool(options: IdentityPoolOptions): IdentityPool {
  const { accountId, identityPoolId, now, credentials } = options;
  if (!regionAndGuid.test(identityPoolId))
    throw new TypeError(`identityPoolId ${JSON.stringify(identityPoolId)} is not of the form region:guid`);
  const identities = createIdentityRegistry(options);
  const providers = new Map(options.providers.map((provider) => [provider.providerName, provider]));
  const poolArn = regionalArn(options, 'cognito-identity', `identitypool/${identityPoolId}`);
  const lifetimeMs = options.credentialLifetimeMs ?? HOUR_MS;
  let roles = options.roles;

  function requirePool(id: string): void {
    // An identity ID in its place looks right and is what people paste; AWS does not know it either.
    if (id !== identityPoolId) throw resourceNotFound(`IdentityPool '${id}' not found.`);
  }
  function requireIdentity(id: string): Identity {
    const identity = identities.find(id);
    if (identity === undefined) throw resourceNotFound(`Identity '${id}' not found.`);
    return identity;
  }

  /** The proven login out of `Logins`, or undefined for a guest. */
  async function proveLogin(logins: Readonly<Record<string, string>> | undefined) {
    const given = Object.entries(logins ?? {});
    const [first, ...more] = given;
    if (first === undefined) return undefined;
    if (more.length > 0) throw invalidParameter('The Stepcast sandbox takes one login at a time.');
    const [name, token] = first;
    const provider = providers.get(name);
    if (provider === undefined)
      throw notAuthorized('Token is not from a supported provider of this identity pool.');
    return { login: await provider.verify(token), clientId: provider.clientId };
  }

  function requireGuestsAllowed(): void {
    if (!options.allowGuests)
      throw notAuthorized('Unauthenticated access is not supported for this identity pool.');
  }

  function credentialsFor(principal: Principal) {
    const issued = credentials.issue({ principal, lifetimeMs });
    return {
      AccessKeyId: issued.accessKeyId,
      SecretKey: issued.secretAccessKey,
      SessionToken: issued.sessionToken,
      Expiration: (now() + lifetimeMs) / 1_000,
    };
  }

  function identityPrincipal(identityId: string, roleArn: string, login: ProvenLogin | undefined): Principal {
    const amr =
      login === undefined
        ? ['unauthenticated']
        : ['authenticated', login.provider, `${login.provider}:CognitoSignIn:${login.sub}`];
    const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    return {
      kind: 'identity',
      accountId,
      roleName,
      identityId,
      identityPoolId,
      authenticated: login !== undefined,
      amr,
    };
  }

  const noRole = () =>
    new AwsError(
      'InvalidIdentityPoolConfigurationException',
      400,
      'Invalid identity pool configuration. Check assigned IAM roles for this pool.',
    );

  function guestCredentials(identity: Identity, customRoleArn: string | undefined) {
    if (identity.login !== undefined)
      throw notAuthorized(`Access to Identity '${identity.identityId}' is forbidden.`);
    requireGuestsAllowed();
    const roleArn = roles?.Roles.unauthenticated;
    if (roleArn === undefined) throw noRole();
    if (customRoleArn !== undefined && customRoleArn !== roleArn) throw forbiddenRole(customRoleArn);
    const { identityId } = identity;
    return {
      IdentityId: identityId,
      Credentials: credentialsFor(identityPrincipal(identityId, roleArn, undefined)),
    };
  }

  const describe = (identity: Identity) => ({
    IdentityId: identity.identityId,
    ...(identity.login === undefined ? {} : { Logins: [identity.login.provider] }),
    CreationDate: identity.createdAtMs / 1_000,
    LastModifiedDate: identity.createdAtMs / 1_000,
  });

  const operations: JsonService['operations'] = {
    async GetId(input) {
      const { IdentityPoolId, Logins } = parseInput(GetIdInput, input);
      requirePool(IdentityPoolId);
      const proven = await proveLogin(Logins);
      if (proven === undefined) {
        requireGuestsAllowed();
        return { IdentityId: identities.newGuest().identityId };
      }
      return { IdentityId: identities.ofLogin(proven.login).identityId };
    },

    async GetCredentialsForIdentity(input) {
      const { IdentityId, Logins, CustomRoleArn } = parseInput(GetCredentialsInput, input);
      const proven = await proveLogin(Logins);
      if (proven === undefined) return guestCredentials(requireIdentity(IdentityId), CustomRoleArn);
      // Asked for first: after a restart, a client that remembers its identity ID need not call GetId again.
      const own = identities.ofLogin(proven.login);
      const asked = requireIdentity(IdentityId);
      // A guest who signs in goes on as the identity of the login: the ID in the answer differs, as it may in AWS.
      if (asked.identityId !== own.identityId && asked.login !== undefined)
        throw notAuthorized(
          "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        );
      const roleArn = roleOfLogin(roles, proven.login, proven.clientId, CustomRoleArn);
      if (roleArn === NO_ROLE) throw noRole();
      return {
        IdentityId: own.identityId,
        Credentials: credentialsFor(identityPrincipal(own.identityId, roleArn, proven.login)),
      };
    },

    async DescribeIdentity(input, call) {
      const { IdentityId } = parseInput(IdentityInput, input);
      call.authorize('cognito-identity:DescribeIdentity', poolArn);
      return Promise.resolve(describe(requireIdentity(IdentityId)));
    },

    async DescribeIdentityPool(input, call) {
      const { IdentityPoolId } = parseInput(PoolInput, input);
      call.authorize('cognito-identity:DescribeIdentityPool', poolArn);
      requirePool(IdentityPoolId);
      return Promise.resolve({
        IdentityPoolId,
        IdentityPoolName: options.identityPoolName,
        AllowUnauthenticatedIdentities: options.allowGuests,
        AllowClassicFlow: false,
        CognitoIdentityProviders: options.providers.map(({ providerName, clientId }) => ({
          ProviderName: providerName,
          ClientId: clientId,
          ServerSideTokenCheck: false,
        })),
      });
    },

    async GetIdentityPoolRoles(input, call) {
      const { IdentityPoolId } = parseInput(PoolInput, input);
      call.authorize('cognito-identity:GetIdentityPoolRoles', poolArn);
      requirePool(IdentityPoolId);
      return Promise.resolve({ IdentityPoolId, ...roles });
    },

    async SetIdentityPoolRoles(input, call) {
      const { IdentityPoolId } = parseInput(PoolInput, input);
      const document = parseInput(PoolRoles, input);
      // No resource of it can be named in a policy (source: Service Authorization Reference, Amazon Cognito Identity).
      call.authorize('cognito-identity:SetIdentityPoolRoles', '*');
      requirePool(IdentityPoolId);
      checkRoles(document);
      for (const roleArn of rolesNamedIn(document)) call.authorize('iam:PassRole', roleArn);
      // The whole document: what it does not name is gone.
      roles = document;
      return Promise.resolve({});
    },

    async ListIdentities(input, call) {
      const { IdentityPoolId, MaxResults, NextToken } = parseInput(ListInput, input);
      call.authorize('cognito-identity:ListIdentities', poolArn);
      requirePool(IdentityPoolId);
      const all = identities.list();
      const start = NextToken === undefined ? 0 : Number(NextToken);
      if (!Number.isSafeInteger(start) || start < 0 || start > all.length)
        throw invalidParameter('Invalid NextToken.');
      const end = start + MaxResults;
      return Promise.resolve({
        IdentityPoolId,
        Identities: all.slice(start, end).map(describe),
        ...(end < all.length ? { NextToken: String(end) } : {}),
      });
    },

    async DeleteIdentities(input, call) {
      const { IdentityIdsToDelete } = parseInput(DeleteInput, input);
      call.authorize('cognito-identity:DeleteIdentities', '*');
      for (const id of IdentityIdsToDelete) identities.remove(id);
      return Promise.resolve({ UnprocessedIdentityIds: [] });
    },
  };

  return {
    roles: () => roles,
    has: (identityId) => identities.find(identityId) !== undefined,
    service: {
      name: 'cognito-identity',
      signingName: 'cognito-identity',
      targetPrefix: 'AWSCognitoIdentityService',
      jsonVersion: '1.1',
      publicOperations: new Set(['GetId', 'GetCredentialsForIdentity']),
      operations,
    },
  };
}
