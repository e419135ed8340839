import {
  ActionType,
  AttachPolicyCommand,
  AuthDecision,
  DetachPolicyCommand,
  InvalidRequestException,
  LimitExceededException,
  ListTargetsForPolicyCommand,
  paginateListAttachedPolicies,
  ResourceNotFoundException,
  TestAuthorizationCommand,
  type AuthInfo,
  type IoTClient,
} from '@aws-sdk/client-iot';
import { partitionOf, topicSpace } from '@stepcast/contracts';
import { asError, errorFields, RateGateFullError, type Logger, type RateGate } from '@stepcast/kit';
import { DirectoryUnavailableError, PolicyNotAttachableError } from '../errors.ts';
import type { PolicyAttachments } from '../ports/policy-attachments.port.ts';

export interface IotPolicyAttachmentsOptions {
  readonly client: IoTClient;
  readonly policyName: string;
  readonly identityPoolId: string;
  readonly region: string;
  readonly accountId: string;
  readonly topicNamespace: string;
  readonly gates: {
    /** AttachPolicy, DetachPolicy and ListAttachedPolicies, together. */
    readonly attachments: RateGate;
    readonly targets: RateGate;
    readonly test: RateGate;
  };
  readonly logger: Logger;
}

/** The IoT policy attached to Cognito identities, by the IoT control plane. */
export function createIotPolicyAttachments(options: IotPolicyAttachmentsOptions): PolicyAttachments {
  const { client, policyName, identityPoolId, region, accountId, gates, logger } = options;
  const topics = topicSpace(options.topicNamespace);
  const arn = (resource: string) => `arn:${partitionOf(region)}:iot:${region}:${accountId}:${resource}`;

  function unavailable(operation: string, thrown: unknown): DirectoryUnavailableError {
    return new DirectoryUnavailableError(operation, { cause: thrown });
  }
  function noPolicy(cause: unknown): PolicyNotAttachableError {
    return new PolicyNotAttachableError(policyName, 'it does not exist in this account and region', {
      cause,
    });
  }

  /** What a client does first: it connects, subscribes to everything of its own, and is sent some of it. */
  function firstSteps(identityId: string): AuthInfo[] {
    const own = topics.policyPattern(identityId);
    return [
      { actionType: ActionType.CONNECT, resources: [arn(`client/${identityId}-probe`)] },
      { actionType: ActionType.SUBSCRIBE, resources: [arn(`topicfilter/${own}`)] },
      { actionType: ActionType.RECEIVE, resources: [arn(`topic/${own}`)] },
    ];
  }

  return {
    async isAttached(identityId) {
      try {
        return await gates.attachments.run(async () => {
          // A target has at most 10 policies: one page, one call.
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
        throw rateOr(thrown, () => unavailable('ListAttachedPolicies', thrown));
      }
    },

    async attach(identityId) {
      try {
        await gates.attachments.run(() =>
          client.send(new AttachPolicyCommand({ policyName, target: identityId })),
        );
      } catch (thrown) {
        // Not a modelled error, yet AWS's own sample code expects it: attached is what we wanted.
        if (asError(thrown).name === 'ResourceAlreadyExistsException') return;
        if (thrown instanceof ResourceNotFoundException) throw noPolicy(thrown);
        if (thrown instanceof LimitExceededException)
          throw new PolicyNotAttachableError(policyName, 'the identity has 10 policies already', {
            cause: thrown,
          });
        if (thrown instanceof InvalidRequestException)
          throw new PolicyNotAttachableError(policyName, 'IoT took the request as invalid', {
            cause: thrown,
          });
        throw rateOr(thrown, () => unavailable('AttachPolicy', thrown));
      }
    },

    async detach(identityId) {
      try {
        await gates.attachments.run(() =>
          client.send(new DetachPolicyCommand({ policyName, target: identityId })),
        );
      } catch (thrown) {
        // No such policy or no such attachment: either way the identity does not have it.
        if (thrown instanceof ResourceNotFoundException) return;
        throw rateOr(thrown, () => unavailable('DetachPolicy', thrown));
      }
    },

    async *targets() {
      let marker: string | undefined;
      do {
        const input = { policyName, pageSize: 250, ...(marker === undefined ? {} : { marker }) };
        try {
          const page = await gates.targets.run(() => client.send(new ListTargetsForPolicyCommand(input)));
          marker = page.nextMarker;
          yield* page.targets ?? [];
        } catch (thrown) {
          if (thrown instanceof ResourceNotFoundException) throw noPolicy(thrown);
          throw rateOr(thrown, () => unavailable('ListTargetsForPolicy', thrown));
        }
      } while (marker !== undefined && marker !== '');
    },

    async isInForce(identityId) {
      const authInfos = firstSteps(identityId);
      try {
        const { authResults = [] } = await gates.test.run(() =>
          client.send(
            new TestAuthorizationCommand({
              principal: identityId,
              cognitoIdentityPoolId: identityPoolId,
              clientId: `${identityId}-probe`,
              authInfos,
            }),
          ),
        );
        // No result, or fewer than were asked for, is not an allow.
        if (authResults.length < authInfos.length) return undefined;
        return authResults.every((result) => result.authDecision === AuthDecision.ALLOWED);
      } catch (thrown) {
        logger.debug(errorFields(thrown), 'readiness not known');
        return undefined;
      }
    },
  };
}

/** A full queue is reported as such: the caller has to slow down, AWS is well. */
function rateOr(thrown: unknown, other: () => Error): Error {
  return thrown instanceof RateGateFullError ? thrown : other();
}
