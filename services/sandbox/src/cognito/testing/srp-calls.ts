import {
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { clientId, type World } from './world.ts';

export async function beginSrp({ idp }: World, username: string, SRP_A: string) {
  const {
    ChallengeName,
    ChallengeParameters = {},
    Session,
  } = await idp.send(
    new InitiateAuthCommand({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId: clientId,
      AuthParameters: { USERNAME: username, SRP_A },
    }),
  );
  return { ChallengeName, ChallengeParameters, Session };
}

export async function answerSrp({ idp }: World, ChallengeResponses: Record<string, string>) {
  const { AuthenticationResult } = await idp.send(
    new RespondToAuthChallengeCommand({
      ChallengeName: 'PASSWORD_VERIFIER',
      ClientId: clientId,
      ChallengeResponses,
    }),
  );
  return AuthenticationResult;
}
