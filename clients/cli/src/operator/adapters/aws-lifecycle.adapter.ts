import {
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  type CloudFormationClient,
} from '@aws-sdk/client-cloudformation';
import { DetachPolicyCommand, ListTargetsForPolicyCommand, type IoTClient } from '@aws-sdk/client-iot';
import { asError, type Timers } from '@stepcast/kit';
import { asking, operatorErrorOf } from '@stepcast/operations';
import type { Lifecycle, StackResource } from '../../commands/destroy/ports.ts';

/** Timers that keep the process alive, unlike those of services. */
export const awakeTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

const isMissing = (thrown: unknown): boolean => asError(thrown).name === 'ResourceNotFoundException';

/** CloudFormation and the control plane of AWS IoT, as far as taking a deployment down needs them. */
export function createAwsLifecycle(
  { stacks, iot }: { readonly stacks: CloudFormationClient; readonly iot: IoTClient },
  timers: Timers = awakeTimers,
): Lifecycle {
  return {
    timers,
    stacks: {
      async find(nameOrId) {
        try {
          const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({ StackName: nameOrId }));
          const [stack] = Stacks;
          if (stack === undefined) return undefined;
          return {
            id: stack.StackId ?? nameOrId,
            name: stack.StackName ?? nameOrId,
            status: stack.StackStatus ?? 'unknown',
            outputs: Object.fromEntries(
              (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
            ),
          };
        } catch (thrown) {
          // CloudFormation has no error of its own for it.
          if (/does not exist/.test(asError(thrown).message)) return undefined;
          throw operatorErrorOf('cloudformation:DescribeStacks', thrown);
        }
      },
      resources: (id) =>
        asking('cloudformation:ListStackResources', async () => {
          const found: StackResource[] = [];
          for await (const page of paginateListStackResources({ client: stacks }, { StackName: id }))
            for (const one of page.StackResourceSummaries ?? [])
              found.push({
                logicalId: one.LogicalResourceId ?? '',
                type: one.ResourceType ?? '',
                status: one.ResourceStatus ?? '',
                reason: one.ResourceStatusReason,
              });
          return found;
        }),
      async delete(id) {
        await asking('cloudformation:DeleteStack', () =>
          stacks.send(new DeleteStackCommand({ StackName: id })),
        );
      },
    },
    targets: {
      async page(policyName, marker) {
        const input = { policyName, pageSize: 250, ...(marker === undefined ? {} : { marker }) };
        try {
          const { targets = [], nextMarker } = await iot.send(new ListTargetsForPolicyCommand(input));
          return { targets, next: nextMarker === '' ? undefined : nextMarker };
        } catch (thrown) {
          if (isMissing(thrown)) return { targets: [], next: undefined };
          throw operatorErrorOf('iot:ListTargetsForPolicy', thrown);
        }
      },
      async detach(policyName, target) {
        try {
          await iot.send(new DetachPolicyCommand({ policyName, target }));
        } catch (thrown) {
          // No such attachment any more, which is what was asked for.
          if (!isMissing(thrown)) throw operatorErrorOf('iot:DetachPolicy', thrown);
        }
      },
    },
  };
}
