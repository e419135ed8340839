import { isRegion, partitionOf, regionAndGuid } from '@stepcast/contracts';
import * as z from 'zod';
import { PURPOSES, type PermissionSetOptions } from './domain/permission-set/names.ts';
import { UsageError } from './errors.ts';

/** A value that enters an ARN must not bring wildcards or variables along. */
const Options = z.object({
  for: z.enum(PURPOSES, `is one of ${PURPOSES.join(', ')}`),
  accountId: z.string().regex(/^\d{12}$/, 'does not have 12 digits'),
  region: z.string().refine(isRegion, 'is no region such as us-east-1'),
  identityPoolId: z.string().regex(regionAndGuid, 'is no identity pool ID (region:guid)').optional(),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no bucket name')
    .optional(),
  stateMachine: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'is no name of a state machine'))
    .default([]),
  stack: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,40}$/, 'is no prefix of stack names'),
  qualifier: z.string().regex(/^[a-z0-9]{1,10}$/, 'is no bootstrap qualifier'),
});

const flags: Readonly<Record<string, string>> = {
  accountId: 'account-id',
  identityPoolId: 'identity-pool-id',
  stateMachine: 'state-machine',
};

/** @throws UsageError naming every option that is wrong */
export function readPermissionSetOptions(options: unknown): PermissionSetOptions {
  const parsed = Options.safeParse(options);
  if (!parsed.success)
    throw new UsageError(
      parsed.error.issues
        .map((issue) => `--${flags[String(issue.path[0])] ?? String(issue.path[0])} ${issue.message}`)
        .join('; '),
    );
  const { data } = parsed;
  return {
    purpose: data.for,
    partition: partitionOf(data.region),
    region: data.region,
    accountId: data.accountId,
    identityPoolId: data.identityPoolId,
    bucket: data.bucket,
    stateMachineNames: data.stateMachine,
    prefix: data.stack,
    qualifier: data.qualifier,
  };
}
