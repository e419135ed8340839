import {
  CreateStackCommand,
  DeleteStackCommand,
  type CloudFormationClient,
} from '@aws-sdk/client-cloudformation';
import { must } from './run.ts';

/** Types that MiniStack's CloudFormation refuses. Each is tried alone: the list fails when it could be shorter. */
export const TYPES_LEFT_OUT = [
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
] as const;

/**
 * Resolves when the emulator still refuses a resource of this type.
 * @throws Error when the type is taken now
 */
export async function stillRefused(stacks: CloudFormationClient, type: string): Promise<void> {
  const StackName = `probe-${type.replaceAll('::', '-')}`;
  const TemplateBody = JSON.stringify({ Resources: { Probe: { Type: type, Properties: {} } } });
  try {
    await stacks.send(new CreateStackCommand({ StackName, TemplateBody }));
  } catch (thrown) {
    const why = Error.isError(thrown) ? thrown.message : String(thrown);
    must(why.includes(`Unrecognized resource types: [${type}]`), `refused for another reason: ${why}`);
    return;
  }
  await stacks.send(new DeleteStackCommand({ StackName }));
  throw new Error('the emulator takes it now: the list of what is left out can be shorter');
}
