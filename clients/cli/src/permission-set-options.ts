import { isRegion, partitionOf, regionAndGuid } from '@stepcast/contracts';
import type { Environment } from '@stepcast/kit';
import { OPERATOR_COMMANDS } from '@stepcast/policies';
import { deploymentNames, ENV, isStage } from '@stepcast/wire';
import * as z from 'zod';
import { PURPOSES, type PermissionSetOptions } from './domain/permission-set/names.ts';
import { UsageError } from './errors.ts';
import { optionProblems } from './option-problems.ts';

/** A value that enters an ARN must not bring wildcards or variables along. */
const Options = z.object({
  for: z.enum(PURPOSES, `is one of ${PURPOSES.join(', ')}`),
  accountId: z
    .string()
    .regex(/^\d{12}$/, 'does not have 12 digits')
    .optional(),
  region: z.string().refine(isRegion, 'is no region such as us-east-1').optional(),
  command: z.array(z.enum(OPERATOR_COMMANDS, `is one of ${OPERATOR_COMMANDS.join(', ')}`)).default([]),
  topicNamespace: z.string().optional(),
  identityPoolId: z.string().regex(regionAndGuid, 'is no identity pool ID (region:guid)').optional(),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no bucket name')
    .optional(),
  stateMachine: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'is no name of a state machine'))
    .default([]),
  logGroup: z.array(z.string().regex(/^[A-Za-z0-9_./#-]{1,512}$/, 'is no name of a log group')).default([]),
  stage: z.string().refine(isStage, 'is no stage such as dev').optional(),
  table: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{3,255}$/, 'is no name of a table')
    .optional(),
  stack: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, 'is no prefix of stack names')
    .optional(),
  qualifier: z.string().regex(/^[a-z0-9]{1,10}$/, 'is no bootstrap qualifier'),
});

/** Stand in a document for what was not given, to be replaced by hand. No policy variable looks like them. */
export const ACCOUNT_PLACEHOLDER = 'ACCOUNT_ID';
export const REGION_PLACEHOLDER = 'REGION';

/**
 * Account and region are those of the environment where they are not given, else placeholders.
 * @throws UsageError naming every option that is wrong
 */
export function readPermissionSetOptions(options: unknown, environment: Environment): PermissionSetOptions {
  const parsed = Options.safeParse(options);
  if (!parsed.success) throw new UsageError(optionProblems(parsed.error));
  const { data } = parsed;
  if (data.command.length > 0 && data.for !== 'operate')
    throw new UsageError('--command goes with --for operate only');
  if (data.logGroup.length > 0 && data.for !== 'operate' && data.for !== 'execution')
    throw new UsageError('--log-group goes with --for operate and --for execution only');
  const region = data.region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  return {
    purpose: data.for,
    partition: region === undefined ? 'aws' : partitionOf(region),
    region: region ?? REGION_PLACEHOLDER,
    accountId: data.accountId ?? environment[ENV.accountId] ?? ACCOUNT_PLACEHOLDER,
    commands: data.command,
    topicNamespace: data.topicNamespace,
    identityPoolId: data.identityPoolId,
    bucket: data.bucket,
    stateMachineNames: data.stateMachine,
    logGroupNames: data.logGroup,
    stage: data.stage,
    table: data.table,
    prefix: data.stack ?? deploymentNames({ stage: data.stage }).prefix,
    qualifier: data.qualifier,
  };
}
