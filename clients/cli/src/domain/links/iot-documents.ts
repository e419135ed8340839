import { parseValue } from '@stepcast/contracts';
import * as z from 'zod';
import { type Chain, type NamedDocument } from '../evidence.ts';
import { expectedPolicies } from '../expected.ts';
import { couldNotCheck, missing, type Finding } from '../link.ts';
import { type Setup } from '../setup.ts';
import { aws } from '../shell.ts';
import { poolRole } from './pool-roles.ts';
import { addStatements } from './role-rights.ts';

const oneOrMany = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statements = z.object({
  Statement: z.union([
    z.array(z.looseObject({ Action: oneOrMany.optional(), Resource: oneOrMany.optional() })),
    z.looseObject({ Action: oneOrMany.optional(), Resource: oneOrMany.optional() }).transform((one) => [one]),
  ]),
});

/** Statements of a document with actions and resources as lists; none when it is no document. */
export function statementsOf(document: unknown) {
  const parsed = parseValue(Statements, document);
  return parsed.ok ? parsed.value.Statement : [];
}

/** A new default version with the document as it ships. IoT keeps five versions; the oldest has to go first. */
export function replaceIotPolicy(setup: Setup): readonly string[] {
  const document = expectedPolicies(setup)?.iotPolicy.document;
  if (document === undefined)
    return ['# give --account-id, --identity-pool-id and --bucket, and the doctor prints the policy to put'];
  return [
    aws(
      setup,
      'iot',
      'create-policy-version',
      '--policy-name',
      setup.iotPolicyName,
      '--set-as-default',
      '--policy-document',
      JSON.stringify(document),
    ),
  ];
}

/** The IoT policy and the documents of the role: what is wrong in either refuses. */
export function documents(
  setup: Setup,
  chain: Chain,
): { where: string; document: NamedDocument; repair: readonly string[] }[] {
  const role = poolRole(chain, 'authenticated');
  const { iotPolicy: policy } = chain;
  return [
    ...(policy.state === 'known' && policy.value.found
      ? [
          {
            where: `IoT policy ${setup.iotPolicyName}`,
            document: policy.value.value,
            repair: replaceIotPolicy(setup),
          },
        ]
      : []),
    ...(role.state === 'known'
      ? role.value.policies.map((document) => ({
          where: `policy ${document.name} of ${role.value.name}`,
          document,
          repair:
            document.arn === undefined
              ? addStatements(
                  setup,
                  role.value,
                  document.name,
                  expectedPolicies(setup)?.authenticated.document,
                )
              : ['# a managed policy: change it where it is made, or detach it (see role.admin)'],
        }))
      : []),
  ];
}

/** The finding when there is no IoT policy to check. */
export function needsIotPolicy(chain: Chain): Finding | undefined {
  if (chain.iotPolicy.state === 'unavailable') return missing(chain.iotPolicy);
  return chain.iotPolicy.value.found ? undefined : couldNotCheck('there is no IoT policy (see iot.policy)');
}
