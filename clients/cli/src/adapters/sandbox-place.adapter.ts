import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from '@aws-sdk/client-cognito-identity';
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describeIssues, parseJson, userPoolProvider } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import { SandboxUnreachableError } from '../errors.ts';
import type { ClientOptions } from '@stepcast/operations';

const SandboxJson = z.object({
  region: z.string(),
  accountId: z.string(),
  identityPoolId: z.string(),
  userPoolId: z.string(),
  userPoolClientId: z.string(),
  users: z.array(z.object({ username: z.string(), password: z.string() })).min(1),
  bucket: z.string(),
  keyTemplate: z.string(),
  topicNamespace: z.string(),
  iotPolicyName: z.string(),
  stateMachineArn: z.string().optional(),
  logGroupName: z.string(),
  endpoints: z.object({
    cognitoIdp: z.url(),
    cognitoIdentity: z.url(),
    s3: z.url(),
    sqs: z.url(),
    dynamodb: z.url(),
    mqttWss: z.url(),
    stepFunctions: z.url(),
    iot: z.url(),
    logs: z.url(),
  }),
});
export type SandboxPlace = z.infer<typeof SandboxJson>;

/** @throws SandboxUnreachableError */
export async function loadSandboxPlace(url: string, get: typeof fetch = fetch): Promise<SandboxPlace> {
  let text: string;
  try {
    const response = await get(new URL('/sandbox.json', url), { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new SandboxUnreachableError(url, `HTTP ${response.status}`);
    text = await response.text();
  } catch (thrown) {
    if (thrown instanceof SandboxUnreachableError) throw thrown;
    throw new SandboxUnreachableError(url, asError(thrown).message, { cause: thrown });
  }
  const parsed = parseJson(SandboxJson, text);
  if (!parsed.ok) throw new SandboxUnreachableError(url, `/sandbox.json: ${describeIssues(parsed.issues)}`);
  return parsed.value;
}

export interface SandboxPerson {
  readonly identityId: string;
  readonly credentials: NonNullable<ClientOptions['credentials']>;
}

/** Signs in one of the sandbox's users, whose passwords are no secret. @throws SandboxUnreachableError */
export async function signInToSandbox(
  place: SandboxPlace,
  url: string,
  username: string | undefined,
): Promise<SandboxPerson> {
  const user = place.users.find((one) => one.username === username) ?? place.users[0];
  const { region, endpoints } = place;
  const userPool = new CognitoIdentityProviderClient({ region, endpoint: endpoints.cognitoIdp });
  const identities = new CognitoIdentityClient({ region, endpoint: endpoints.cognitoIdentity });
  try {
    const { AuthenticationResult } = await userPool.send(
      new InitiateAuthCommand({
        ClientId: place.userPoolClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: user?.username ?? '', PASSWORD: user?.password ?? '' },
      }),
    );
    const Logins = {
      [userPoolProvider(region, place.userPoolId)]: AuthenticationResult?.IdToken ?? '',
    };
    const { IdentityId } = await identities.send(
      new GetIdCommand({ IdentityPoolId: place.identityPoolId, Logins }),
    );
    const { Credentials } = await identities.send(
      new GetCredentialsForIdentityCommand({ IdentityId, Logins }),
    );
    return {
      identityId: IdentityId ?? '',
      credentials: {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretKey ?? '',
        ...(Credentials?.SessionToken === undefined ? {} : { sessionToken: Credentials.SessionToken }),
      },
    };
  } catch (thrown) {
    throw new SandboxUnreachableError(url, `sign-in failed: ${asError(thrown).message}`, { cause: thrown });
  } finally {
    userPool.destroy();
    identities.destroy();
  }
}
