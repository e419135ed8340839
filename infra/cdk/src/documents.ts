import { Token } from 'aws-cdk-lib';
import { deploymentNames, type DeploymentNames } from '@stepcast/wire';
import {
  buildPolicies,
  type BuiltPolicies,
  type PolicyConfig,
  type PolicyDocument,
  type PolicyStatement,
} from '@stepcast/policies';

/** The documents of a deployment, and the way from them into a template. */
export interface Documents {
  readonly names: DeploymentNames;
  readonly built: BuiltPolicies;
  /** A name from the documents for CloudFormation: the names of roles hold the region. */
  nameInTemplate(name: string): string;
  /** A document, or one statement, for CloudFormation: what only the deployment knows stands in it as a reference. */
  inTemplate(document: PolicyDocument | PolicyStatement): unknown;
}

/**
 * Builds every policy document with `@stepcast/policies`: none is written here a second time.
 *
 * That package checks each value that enters a document, and takes texts only; an account, a region or a pool that is
 * still a CloudFormation reference is none. Each such value is stood in for by a text of the right form, and put in its
 * place afterwards. Stand-ins are as long as the longest real values, so that the size limits are checked as well.
 * @throws PolicyConfigError from `@stepcast/policies`
 */
export function deploymentDocuments(config: PolicyConfig): Documents {
  const references: { readonly standIn: string; readonly value: string }[] = [];
  const known = (value: string, standIn: string): string => {
    if (!Token.isUnresolved(value)) return value;
    references.push({ standIn, value });
    return standIn;
  };
  const services = config.services ?? { stateMachineNames: [] };
  // The pool's stand-in holds that of the region: it has to be found first.
  const identityPoolId = known(config.identityPoolId, 'zz-standinreg-0:00000000-0000-0000-0000-000000000000');
  // The bus's stand-in is longer than those of its parts.
  const { feedEventBus } = services;
  const feed =
    feedEventBus === undefined
      ? {}
      : {
          feedEventBus: known(
            feedEventBus,
            `arn:aws:events:zz-standinreg-0:000000000000:event-bus/${'0'.repeat(256)}`,
          ),
        };
  const { signedApi } = config;
  const built = buildPolicies({
    ...config,
    identityPoolId,
    bucket: known(config.bucket, 'stand-in-for-a-bucket'.padEnd(63, '0')),
    services: {
      ...services,
      ...(services.journalTableName === undefined
        ? {}
        : { journalTableName: known(services.journalTableName, 'stand-in-for-a-journal'.padEnd(255, '0')) }),
      ...feed,
      stateMachineNames: services.stateMachineNames.map((name, index) =>
        known(name, `StandInForStateMachine${index}`.padEnd(80, '_')),
      ),
    },
    region: known(config.region, 'zz-standinreg-0'),
    accountId: known(config.accountId, '000000000000'),
    partition: known(config.partition ?? 'aws', 'aws-standin'),
    ...(signedApi === undefined
      ? {}
      : { signedApi: { ...signedApi, apiId: known(signedApi.apiId, 'standinapi') } }),
  });
  const replaced = (text: string): string =>
    references.reduce((done, { standIn, value }) => done.replaceAll(standIn, () => value), text);
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return replaced(value);
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
  };
  return {
    built,
    names: deploymentNames({ stage: config.stage }),
    inTemplate: visit,
    nameInTemplate: replaced,
  };
}
