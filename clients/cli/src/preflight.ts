import { readFile } from 'node:fs/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { readSettings } from '@stepcast/cdk/settings';
import { asError, type Environment } from '@stepcast/kit';
import { DataInvalidError, patience, type ClientOptions } from '@stepcast/operations';
import { createAccountLimits } from './adapters/account-limits.adapter.ts';
import { createAccountNames } from './adapters/account-names.adapter.ts';
import { planOf, runPreflight, type PreflightSources } from './application/run-preflight.ts';
import { connectToAws } from './compose.ts';
import type { DoctorOptions } from './config.ts';
import type { Diagnosis } from './domain/diagnose.ts';
import type { Plan } from './domain/preflight/facts.ts';
import { UsageError } from './errors.ts';

export interface PreflightConnections extends PreflightSources {
  close(): void;
}

/** How the doctor reaches an account in which there is no deployment yet. */
export type ConnectPreflight = (
  options: { readonly region: string; readonly profile: string | undefined },
  environment: Environment,
) => PreflightConnections;

export const connectPreflight: ConnectPreflight = (options, environment) => {
  const client: ClientOptions = {
    ...patience,
    region: options.region,
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  };
  const clients = {
    stacks: new CloudFormationClient(client),
    s3: new S3Client(client),
    dynamodb: new DynamoDBClient(client),
  };
  const limits = createAccountLimits(client);
  const doctor = connectToAws(options, environment);
  return {
    sources: doctor.sources,
    names: createAccountNames(clients),
    limits,
    close: () => {
      doctor.close();
      limits.close();
      for (const one of Object.values(clients)) one.destroy();
    },
  };
};

/**
 * `stepcast doctor --before deploy`: whether a deployment with these settings would succeed in this account.
 * @throws UsageError, and DataInvalidError with every problem of the settings
 */
export async function preflight(
  { settings: path, profile, region, endpoint }: DoctorOptions,
  environment: Environment,
  connect: ConnectPreflight = connectPreflight,
): Promise<{ readonly plan: Plan; readonly diagnosis: Diagnosis }> {
  if (endpoint !== undefined) throw new UsageError('--before deploy asks an account; leave --endpoint out');
  if (path === undefined) throw new UsageError('--before deploy needs --settings, the settings file');
  const read = readSettings(await textOf(path));
  if (!read.ok)
    throw new DataInvalidError(
      `${path} cannot be deployed:`,
      read.problems.map((problem) => `  ${problem}`),
    );
  const plan = planOf(read.settings);
  if (region !== undefined && region !== plan.region)
    throw new UsageError(
      `--region ${region}: the state machine is in ${plan.region}, and so is the deployment`,
    );
  const connections = connect({ region: plan.region, profile }, environment);
  try {
    return { plan, diagnosis: await runPreflight(plan, connections) };
  } finally {
    connections.close();
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const error = asError(thrown);
    const missing = 'code' in error && error.code === 'ENOENT';
    throw new DataInvalidError(`${path}: ${missing ? 'there is no such file' : 'cannot be read'}`, [], {
      cause: thrown,
    });
  }
}
