import {
  ActionType,
  AttachPolicyCommand,
  DescribeEndpointCommand,
  GetPolicyCommand,
  paginateListAttachedPolicies,
  TestAuthorizationCommand,
  type IoTClient,
} from '@aws-sdk/client-iot';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { Repairs } from '../ports/repairs.port.ts';
import type { IotSource } from '../ports/sources.port.ts';
import { answer, lookUp, named } from './answer.ts';

const actionTypes: Readonly<Record<string, ActionType>> = {
  'iot:Connect': ActionType.CONNECT,
  'iot:Subscribe': ActionType.SUBSCRIBE,
  'iot:Receive': ActionType.RECEIVE,
  'iot:Publish': ActionType.PUBLISH,
};

/** The IoT control plane: the policy, who has it, and what IoT itself decides. */
export function createIotControl(client: IoTClient): IotSource & Pick<Repairs, 'attachIotPolicy'> {
  return {
    policy: (name) =>
      lookUp('iot:GetPolicy', named('ResourceNotFoundException'), async () => {
        const { policyDocument = '', policyArn } = await client.send(
          new GetPolicyCommand({ policyName: name }),
        );
        const parsed = parseJson(z.unknown(), policyDocument);
        return {
          name,
          ...(policyArn === undefined ? {} : { arn: policyArn }),
          document: parsed.ok ? parsed.value : policyDocument,
        };
      }),
    attachedPolicies: (identityId) =>
      answer('iot:ListAttachedPolicies', async () => {
        const names: string[] = [];
        for await (const page of paginateListAttachedPolicies(
          { client, pageSize: 250 },
          { target: identityId },
        ))
          for (const { policyName } of page.policies ?? [])
            if (policyName !== undefined) names.push(policyName);
        return names;
      }),
    verdicts: ({ identityId, identityPoolId, clientId }, questions) =>
      answer('iot:TestAuthorization', async () => {
        const asked = questions.flatMap((question) => {
          const actionType = actionTypes[question.action];
          return actionType === undefined ? [] : [{ ...question, actionType }];
        });
        const { authResults = [] } = await client.send(
          new TestAuthorizationCommand({
            principal: identityId,
            cognitoIdentityPoolId: identityPoolId,
            clientId,
            authInfos: asked.map(({ actionType, resource }) => ({ actionType, resources: [resource] })),
          }),
        );
        return asked.map(({ action, resource, actionType }, index) => {
          const result =
            authResults.find(
              ({ authInfo }) => authInfo?.actionType === actionType && authInfo.resources?.[0] === resource,
            ) ?? authResults[index];
          return { action, resource, decision: result?.authDecision ?? 'no answer' };
        });
      }),
    dataEndpoint: () =>
      answer('iot:DescribeEndpoint', async () => {
        const { endpointAddress = '' } = await client.send(
          new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }),
        );
        return endpointAddress;
      }),
    async attachIotPolicy(policyName, identityId) {
      await client.send(new AttachPolicyCommand({ policyName, target: identityId }));
    },
  };
}
