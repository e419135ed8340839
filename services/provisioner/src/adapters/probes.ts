import { DescribeIdentityPoolCommand, type CognitoIdentityClient } from '@aws-sdk/client-cognito-identity';
import { GetPolicyCommand, type IoTClient } from '@aws-sdk/client-iot';
import type { RateGate } from '@stepcast/kit';

/** Asks IoT for the policy that is to be attached; fails when IoT is away, or when there is no such policy. */
export function probeIot(options: {
  readonly client: IoTClient;
  readonly policyName: string;
  readonly gate: RateGate;
}): Promise<unknown> {
  const { client, policyName, gate } = options;
  return gate.run(() => client.send(new GetPolicyCommand({ policyName })));
}

/** Asks Cognito for the identity pool. Not `GetId`, which makes identities. */
export function probeCognito(options: {
  readonly client: CognitoIdentityClient;
  readonly identityPoolId: string;
  readonly gate: RateGate;
}): Promise<unknown> {
  const { client, identityPoolId, gate } = options;
  return gate.run(() => client.send(new DescribeIdentityPoolCommand({ IdentityPoolId: identityPoolId })));
}
