import {
  DescribeIdentityCommand,
  DescribeIdentityPoolCommand,
  GetIdentityPoolRolesCommand,
  paginateListIdentityPools,
  type CognitoIdentityClient,
} from '@aws-sdk/client-cognito-identity';
import { asError } from '@stepcast/kit';
import type { IdentityPoolSource } from '../ports/sources.port.ts';
import { answer, lookUp, named } from './answer.ts';

/** Identity pools, by the control API of Cognito. */
export function createCognitoIdentityPools(client: CognitoIdentityClient): IdentityPoolSource {
  return {
    pool: (id) =>
      lookUp(
        'cognito-identity:DescribeIdentityPool',
        named('ResourceNotFoundException', 'InvalidParameterException'),
        async () => {
          const pool = await client.send(new DescribeIdentityPoolCommand({ IdentityPoolId: id }));
          return {
            id,
            name: pool.IdentityPoolName ?? '',
            allowsGuests: pool.AllowUnauthenticatedIdentities ?? false,
            allowsClassicFlow: pool.AllowClassicFlow ?? false,
            providers: (pool.CognitoIdentityProviders ?? []).map(({ ProviderName = '', ClientId = '' }) => ({
              providerName: ProviderName,
              clientId: ClientId,
            })),
          };
        },
      ),
    isIdentity: (id) =>
      answer('cognito-identity:DescribeIdentity', async () => {
        try {
          await client.send(new DescribeIdentityCommand({ IdentityId: id }));
          return true;
        } catch (thrown) {
          if (asError(thrown).name === 'ResourceNotFoundException') return false;
          throw thrown;
        }
      }),
    pools: () =>
      answer('cognito-identity:ListIdentityPools', async () => {
        const pools: { id: string; name: string }[] = [];
        for await (const page of paginateListIdentityPools({ client, pageSize: 60 }, { MaxResults: 60 })) {
          for (const { IdentityPoolId = '', IdentityPoolName = '' } of page.IdentityPools ?? [])
            pools.push({ id: IdentityPoolId, name: IdentityPoolName });
          // Enough to name the right one; an account can have a thousand.
          if (pools.length >= 60) break;
        }
        return pools;
      }),
    roles: (poolId) =>
      answer('cognito-identity:GetIdentityPoolRoles', async () => {
        const { Roles = {}, RoleMappings } = await client.send(
          new GetIdentityPoolRolesCommand({ IdentityPoolId: poolId }),
        );
        return {
          authenticated: Roles.authenticated,
          unauthenticated: Roles.unauthenticated,
          mappings: RoleMappings,
          mapped: Object.entries(RoleMappings ?? {}).flatMap(([provider, mapping]) =>
            (mapping.RulesConfiguration?.Rules ?? []).flatMap(({ RoleARN }) =>
              RoleARN === undefined ? [] : [{ provider, roleArn: RoleARN }],
            ),
          ),
        };
      }),
  };
}
