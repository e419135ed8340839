import {
  ConcurrentModificationException,
  DescribeIdentityPoolCommand,
  GetIdentityPoolRolesCommand,
  InvalidParameterException,
  NotAuthorizedException,
  ResourceNotFoundException,
  SetIdentityPoolRolesCommand,
  type CognitoIdentityClient,
  type RoleMapping as CognitoRoleMapping,
} from '@aws-sdk/client-cognito-identity';
import { describeIssues, parseValue } from '@stepcast/contracts';
import { asError, type RateGate } from '@stepcast/kit';
import * as z from 'zod';
import type { PoolRoles } from '../domain/pool-roles.ts';
import { DirectoryUnavailableError, PoolRolesBusyError, PoolRolesRefusedError } from '../errors.ts';
import type { GuestSettings } from '../ports/guest-settings.port.ts';
import type { PoolRolesStore } from '../ports/pool-roles.port.ts';

/** Strict: what we do not know we could not write back, and leaving it out would delete it. */
const RolesDocument = z.strictObject({
  Roles: z.record(z.string(), z.string()),
  RoleMappings: z
    .record(
      z.string(),
      z.strictObject({
        Type: z.enum(['Token', 'Rules']),
        AmbiguousRoleResolution: z.enum(['AuthenticatedRole', 'Deny']).exactOptional(),
        RulesConfiguration: z
          .strictObject({
            Rules: z.array(
              z.strictObject({
                Claim: z.string(),
                MatchType: z.enum(['Equals', 'Contains', 'StartsWith', 'NotEqual']),
                Value: z.string(),
                RoleARN: z.string(),
              }),
            ),
          })
          .exactOptional(),
      }),
    )
    .exactOptional(),
});

export interface CognitoPoolRolesOptions {
  readonly client: CognitoIdentityClient;
  readonly identityPoolId: string;
  readonly gate: RateGate;
}

/** The role document of the identity pool, by GetIdentityPoolRoles and SetIdentityPoolRoles. */
export function createCognitoPoolRoles(options: CognitoPoolRolesOptions): PoolRolesStore & GuestSettings {
  const { client, identityPoolId, gate } = options;
  const pool = { IdentityPoolId: identityPoolId };

  async function read(): Promise<PoolRoles> {
    const { Roles = {}, RoleMappings } = await asked('GetIdentityPoolRoles', () =>
      client.send(new GetIdentityPoolRolesCommand(pool)),
    );
    const document = parseValue(RolesDocument, {
      Roles,
      ...(RoleMappings === undefined ? {} : { RoleMappings }),
    });
    if (!document.ok)
      throw new PoolRolesRefusedError(
        'GetIdentityPoolRoles',
        `the roles hold something that this version does not know (${describeIssues(document.issues)})`,
      );
    return document.value;
  }

  async function asked<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      return await gate.run(call);
    } catch (thrown) {
      if (thrown instanceof ConcurrentModificationException) throw new PoolRolesBusyError({ cause: thrown });
      if (
        thrown instanceof NotAuthorizedException ||
        thrown instanceof ResourceNotFoundException ||
        thrown instanceof InvalidParameterException ||
        asError(thrown).name === 'AccessDeniedException'
      )
        throw new PoolRolesRefusedError(operation, asError(thrown).message, { cause: thrown });
      throw new DirectoryUnavailableError(operation, { cause: thrown });
    }
  }

  return {
    read,
    async write({ Roles, RoleMappings }) {
      await asked('SetIdentityPoolRoles', () =>
        client.send(
          new SetIdentityPoolRolesCommand({
            ...pool,
            Roles,
            ...(RoleMappings === undefined ? {} : { RoleMappings: toCognito(RoleMappings) }),
          }),
        ),
      );
    },
    async guestsAllowed() {
      const { AllowUnauthenticatedIdentities = false } = await asked('DescribeIdentityPool', () =>
        client.send(new DescribeIdentityPoolCommand(pool)),
      );
      return AllowUnauthenticatedIdentities && (await read()).Roles['unauthenticated'] !== undefined;
    },
  };
}

/** The same, with lists that may be changed, as the SDK wants them. */
function toCognito(mappings: NonNullable<PoolRoles['RoleMappings']>): Record<string, CognitoRoleMapping> {
  return Object.fromEntries(
    Object.entries(mappings).map(([provider, { RulesConfiguration, ...mapping }]) => [
      provider,
      {
        ...mapping,
        ...(RulesConfiguration === undefined
          ? {}
          : { RulesConfiguration: { Rules: [...RulesConfiguration.Rules] } }),
      },
    ]),
  );
}
