import {
  DescribeIdentityCommand,
  ListIdentitiesCommand,
  ResourceNotFoundException,
  type CognitoIdentityClient,
  type IdentityDescription,
} from '@aws-sdk/client-cognito-identity';
import { IdentityId } from '@stepcast/contracts';
import type { RateGate } from '@stepcast/kit';
import { DirectoryUnavailableError } from '../errors.ts';
import type { IdentityCensus, KnownIdentity } from '../ports/identity-census.port.ts';

export interface CognitoIdentityCensusOptions {
  readonly client: CognitoIdentityClient;
  readonly identityPoolId: string;
  readonly gate: RateGate;
}

/** Cognito developer guide "Quotas": at most 60 identities a page. */
const PAGE_SIZE = 60;

/** The identities of the pool, by ListIdentities and DescribeIdentity. */
export function createCognitoIdentityCensus(options: CognitoIdentityCensusOptions): IdentityCensus {
  const { client, identityPoolId, gate } = options;
  return {
    async *list() {
      let token: string | undefined;
      do {
        const input = {
          IdentityPoolId: identityPoolId,
          MaxResults: PAGE_SIZE,
          ...(token === undefined ? {} : { NextToken: token }),
        };
        try {
          const page = await gate.run(() => client.send(new ListIdentitiesCommand(input)));
          token = page.NextToken;
          yield* (page.Identities ?? []).map(read).filter((identity) => identity !== undefined);
        } catch (thrown) {
          throw new DirectoryUnavailableError('ListIdentities', { cause: thrown });
        }
      } while (token !== undefined && token !== '');
    },

    async find(identityId) {
      try {
        return read(
          await gate.run(() => client.send(new DescribeIdentityCommand({ IdentityId: identityId }))),
        );
      } catch (thrown) {
        if (thrown instanceof ResourceNotFoundException) return undefined;
        throw new DirectoryUnavailableError('DescribeIdentity', { cause: thrown });
      }
    },
  };
}

function read({ IdentityId: id, Logins }: IdentityDescription): KnownIdentity | undefined {
  const identityId = IdentityId.safeParse(id).data;
  return identityId === undefined ? undefined : { identityId, signedIn: (Logins ?? []).length > 0 };
}
