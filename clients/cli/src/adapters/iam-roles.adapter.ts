import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { parseJson } from '@stepcast/contracts';
import * as z from 'zod';
import type { NamedDocument } from '../domain/evidence.ts';
import { roleNameOf } from '../domain/setup.ts';
import type { RoleSource } from '../ports/sources.port.ts';
import { lookUp, named } from './answer.ts';

/** IAM gives documents percent-encoded. A text that is no JSON stays a text, which no evaluation takes. */
function documentOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const decoded = decodeURIComponent(text);
  const parsed = parseJson(z.unknown(), decoded);
  return parsed.ok ? parsed.value : decoded;
}

/** Roles with every document, inline and attached. */
export function createIamRoles(client: IAMClient): RoleSource {
  async function inline(RoleName: string): Promise<NamedDocument[]> {
    const names: string[] = [];
    for await (const page of paginateListRolePolicies({ client }, { RoleName }))
      names.push(...(page.PolicyNames ?? []));
    return Promise.all(
      names.map(async (name) => {
        const answer = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName: name }));
        return { name, document: documentOf(answer.PolicyDocument) };
      }),
    );
  }

  async function attached(RoleName: string): Promise<NamedDocument[]> {
    const policies: { name: string; arn: string }[] = [];
    for await (const page of paginateListAttachedRolePolicies({ client }, { RoleName }))
      for (const { PolicyName = '', PolicyArn = '' } of page.AttachedPolicies ?? [])
        policies.push({ name: PolicyName, arn: PolicyArn });
    return Promise.all(
      policies.map(async ({ name, arn }) => {
        const { Policy } = await client.send(new GetPolicyCommand({ PolicyArn: arn }));
        const { PolicyVersion } = await client.send(
          new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: Policy?.DefaultVersionId ?? 'v1' }),
        );
        return { name, arn, document: documentOf(PolicyVersion?.Document) };
      }),
    );
  }

  return {
    role: (arn) =>
      lookUp(`iam:GetRole ${roleNameOf(arn)}`, named('NoSuchEntityException', 'NoSuchEntity'), async () => {
        const RoleName = roleNameOf(arn);
        const { Role } = await client.send(new GetRoleCommand({ RoleName }));
        const [inlined, managed] = await Promise.all([inline(RoleName), attached(RoleName)]);
        return {
          name: RoleName,
          arn,
          trust: documentOf(Role?.AssumeRolePolicyDocument),
          policies: [...inlined, ...managed],
          boundaryArn: Role?.PermissionsBoundary?.PermissionsBoundaryArn,
        };
      }),
  };
}
