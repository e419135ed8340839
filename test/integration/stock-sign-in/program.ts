import { parseArgs } from 'node:util';
import { fetchAuthSession, signIn } from '@aws-amplify/auth';
import { cognitoCredentialsProvider, cognitoUserPoolsTokenProvider } from '@aws-amplify/auth/cognito';
import { Amplify, ConsoleLogger } from '@aws-amplify/core';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type CognitoUserSession,
} from 'amazon-cognito-identity-js';
import type { SandboxAddresses } from '../../support/person.ts';

/**
 * Signs in at a sandbox with a stock client and prints as JSON what came of it:
 * `node program.ts --client amplify|identity-js --sandbox URL --username NAME --password TEXT`.
 *
 * A program of its own: the clients compute their big numbers in plain JavaScript, which would hold up the sandbox in the
 * process of the test.
 */
const { values } = parseArgs({
  options: {
    client: { type: 'string' },
    sandbox: { type: 'string' },
    username: { type: 'string', default: '' },
    password: { type: 'string', default: '' },
  },
});
const { client, username, password } = values;
const response = await fetch(`${values.sandbox}/sandbox.json`);
const sandbox = (await response.json()) as SandboxAddresses;

async function withIdentityJs() {
  const { userPoolId: UserPoolId, userPoolClientId: ClientId, endpoints } = sandbox;
  const Pool = new CognitoUserPool({ UserPoolId, ClientId, endpoint: endpoints.cognitoIdp });
  const user = new CognitoUser({ Username: username, Pool });
  const session = await new Promise<CognitoUserSession>((onSuccess, onFailure) => {
    const details = new AuthenticationDetails({ Username: username, Password: password });
    user.authenticateUser(details, { onSuccess, onFailure });
  });
  const refreshed = await new Promise<CognitoUserSession>((resolve, reject) => {
    user.refreshSession(session.getRefreshToken(), (failure: unknown, next: CognitoUserSession) => {
      if (failure === null) resolve(next);
      else reject(new Error('the tokens were not refreshed', { cause: failure }));
    });
  });
  const idToken = session.getIdToken();
  return {
    claims: idToken.payload,
    isRefreshed: refreshed.getIdToken().getJwtToken() !== idToken.getJwtToken(),
  };
}

async function withAmplify() {
  const { region, userPoolId, userPoolClientId, identityPoolId, endpoints, bucket } = sandbox;
  // It warns of every endpoint that is not the one of AWS.
  ConsoleLogger.LOG_LEVEL = 'ERROR';
  const Auth = {
    Cognito: {
      userPoolId,
      userPoolClientId,
      identityPoolId,
      userPoolEndpoint: endpoints.cognitoIdp,
      identityPoolEndpoint: endpoints.cognitoIdentity,
    },
  };
  // As the package aws-amplify, of which these two are the part that signs in, does it.
  cognitoUserPoolsTokenProvider.setAuthConfig(Auth);
  Amplify.configure(
    { Auth },
    {
      Auth: {
        tokenProvider: cognitoUserPoolsTokenProvider,
        credentialsProvider: cognitoCredentialsProvider,
      },
    },
  );
  const { nextStep } = await signIn({ username, password });
  const { credentials, identityId = '', tokens } = await fetchAuthSession();
  if (credentials === undefined) throw new Error('Amplify has no credentials');
  const s3 = new S3Client({ region, endpoint: endpoints.s3, forcePathStyle: true, credentials });
  const at = { Bucket: bucket, Key: `users/${identityId}/by-amplify.txt` };
  await s3.send(new PutObjectCommand({ ...at, Body: 'put with the credentials of Amplify' }));
  const { Body } = await s3.send(new GetObjectCommand(at));
  const refreshed = await fetchAuthSession({ forceRefresh: true });
  return {
    nextStep: nextStep.signInStep,
    claims: tokens?.idToken?.payload,
    object: await Body?.transformToString(),
    isRefreshed: refreshed.tokens?.accessToken.toString() !== tokens?.accessToken.toString(),
  };
}

async function outcome(): Promise<object> {
  try {
    return await (client === 'amplify' ? withAmplify() : withIdentityJs());
  } catch (thrown) {
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : name;
    return { refused: code, message };
  }
}

process.stdout.write(JSON.stringify(await outcome()));
// Amplify and the SDK leave connections open.
process.exit(0);
