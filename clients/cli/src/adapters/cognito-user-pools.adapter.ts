import {
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  type CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import type { UserPoolSource } from '../ports/sources.port.ts';
import { lookUp, named } from './answer.ts';

const missing = named('ResourceNotFoundException', 'InvalidParameterException');

/** User pools and their clients. Of the secret of a client only its presence is read. */
export function createCognitoUserPools(client: CognitoIdentityProviderClient): UserPoolSource {
  return {
    userPool: (id) =>
      lookUp('cognito-idp:DescribeUserPool', missing, async () => {
        await client.send(new DescribeUserPoolCommand({ UserPoolId: id }));
        return { id };
      }),
    client: (poolId, clientId) =>
      lookUp('cognito-idp:DescribeUserPoolClient', missing, async () => {
        const { UserPoolClient } = await client.send(
          new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }),
        );
        return { id: clientId, hasSecret: UserPoolClient?.ClientSecret !== undefined };
      }),
  };
}
