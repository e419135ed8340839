import {
  GetIdCommand,
  InvalidParameterException,
  NotAuthorizedException,
  ResourceConflictException,
  ResourceNotFoundException,
  type CognitoIdentityClient,
} from '@aws-sdk/client-cognito-identity';
import { IdentityId } from '@stepcast/contracts';
import { RateGateFullError, type RateGate } from '@stepcast/kit';
import { DirectoryUnavailableError, IdentityRefusedError } from '../errors.ts';
import type { IdentityDirectory } from '../ports/identity-directory.port.ts';

export interface CognitoIdentityDirectoryOptions {
  readonly client: CognitoIdentityClient;
  readonly identityPoolId: string;
  /** `cognito-idp.{region}.amazonaws.com/{userPoolId}`: the key of `Logins`. */
  readonly provider: string;
  /** `GetId` has 25 calls a second in an account and region (Cognito quotas). */
  readonly gate: RateGate;
}

/** Asks Cognito's public `GetId`; no IAM permission is needed. */
export function createCognitoIdentityDirectory(options: CognitoIdentityDirectoryOptions): IdentityDirectory {
  const { client, identityPoolId, provider, gate } = options;
  return {
    async identityOf(idToken) {
      try {
        const answer = await gate.run(() =>
          client.send(new GetIdCommand({ IdentityPoolId: identityPoolId, Logins: { [provider]: idToken } })),
        );
        const identityId = IdentityId.safeParse(answer.IdentityId).data;
        if (identityId === undefined) throw new DirectoryUnavailableError('GetId');
        return identityId;
      } catch (thrown) {
        if (
          thrown instanceof NotAuthorizedException ||
          thrown instanceof ResourceNotFoundException ||
          thrown instanceof InvalidParameterException ||
          thrown instanceof ResourceConflictException
        ) {
          throw new IdentityRefusedError({ cause: thrown });
        }
        if (thrown instanceof DirectoryUnavailableError || thrown instanceof RateGateFullError) throw thrown;
        throw new DirectoryUnavailableError('GetId', { cause: thrown });
      }
    },
  };
}
