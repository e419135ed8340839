import {
  ActionType,
  AttachPolicyCommand,
  AuthDecision,
  InvalidRequestException,
  LimitExceededException,
  paginateListAttachedPolicies,
  ResourceNotFoundException,
  TestAuthorizationCommand,
  type IoTClient,
} from '@aws-sdk/client-iot';
import { asError, errorFields, type Logger, type RateGate } from '@stepcast/kit';
import { DirectoryUnavailableError, PolicyNotAttachableError } from '../errors.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';

export interface IotPolicyAttachmentsOptions {
  readonly client: IoTClient;
  readonly policyName: string;
  readonly identityPoolId: string;
  /** AttachPolicy, DetachPolicy and ListAttachedPolicies have 15 calls a second, together or not: one gate for all. */
  readonly gate: RateGate;
  /** ARN of what an attached identity may subscribe to, to ask `TestAuthorization` about. */
  readonly probeResource: (identityId: string) => string;
  readonly logger: Logger;
}

/** The IoT policy attached to Cognito identities, by the IoT control plane. */
export function createIotPolicyAttachments(options: IotPolicyAttachmentsOptions): PolicyAttachments {
  const { client, policyName, identityPoolId, gate, probeResource, logger } = options;

  function unavailable(operation: string, thrown: unknown): DirectoryUnavailableError {
    return new DirectoryUnavailableError(operation, { cause: thrown });
  }

  return {
    async isAttached(identityId) {
      try {
        return await gate.run(async () => {
          for await (const page of paginateListAttachedPolicies(
            { client, pageSize: 250 },
            { target: identityId },
          )) {
            if (page.policies?.some((policy) => policy.policyName === policyName) === true) return true;
          }
          return false;
        });
      } catch (thrown) {
        // An identity that never had a policy may be unknown to IoT: that is "not attached".
        if (thrown instanceof ResourceNotFoundException) return false;
        throw unavailable('ListAttachedPolicies', thrown);
      }
    },

    async attach(identityId) {
      try {
        await gate.run(() => client.send(new AttachPolicyCommand({ policyName, target: identityId })));
      } catch (thrown) {
        // Not a modelled error, yet AWS's own sample code expects it: attached is what we wanted.
        if (asError(thrown).name === 'ResourceAlreadyExistsException') return;
        if (thrown instanceof ResourceNotFoundException)
          throw new PolicyNotAttachableError(policyName, 'it does not exist in this account and region', {
            cause: thrown,
          });
        if (thrown instanceof LimitExceededException)
          throw new PolicyNotAttachableError(policyName, 'the identity has 10 policies already', {
            cause: thrown,
          });
        if (thrown instanceof InvalidRequestException)
          throw new PolicyNotAttachableError(policyName, 'IoT took the request as invalid', {
            cause: thrown,
          });
        throw unavailable('AttachPolicy', thrown);
      }
    },

    async isInForce(identityId) {
      try {
        const answer = await client.send(
          new TestAuthorizationCommand({
            principal: identityId,
            cognitoIdentityPoolId: identityPoolId,
            authInfos: [{ actionType: ActionType.SUBSCRIBE, resources: [probeResource(identityId)] }],
          }),
        );
        return answer.authResults?.every((result) => result.authDecision === AuthDecision.ALLOWED) ?? false;
      } catch (thrown) {
        logger.debug(errorFields(thrown), 'readiness not known');
        return undefined;
      }
    },
  };
}
