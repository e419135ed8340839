import { globalArn } from '../core/index.ts';
import type { PoolRoles, UserPool } from '../cognito/index.ts';
import type { Access } from './access.ts';
import { SIGNALING, type Place } from './place.ts';

/** The role document of the identity pool: speakers and listeners by their group, everybody else under one role. */
export function poolRoles(
  place: Place,
  { policies }: Access,
  { providerName, clientId }: UserPool,
  guests: boolean,
): PoolRoles {
  const arnOf = (roleName: string) => globalArn(place, 'iam', `role/${roleName}`);
  return {
    Roles: {
      authenticated: arnOf(policies.authenticated.roleName),
      ...(guests ? { unauthenticated: arnOf(policies.guest.roleName) } : {}),
    },
    RoleMappings: {
      [`${providerName}:${clientId}`]: {
        Type: 'Rules',
        AmbiguousRoleResolution: 'AuthenticatedRole',
        RulesConfiguration: {
          Rules: Object.entries(SIGNALING.roles).map(([group, roleName]) => ({
            Claim: 'cognito:groups',
            MatchType: 'Contains',
            Value: group,
            RoleARN: arnOf(roleName),
          })),
        },
      },
    },
  };
}
