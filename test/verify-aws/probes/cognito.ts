import {
  CreateIdentityPoolCommand,
  DeleteIdentityPoolCommand,
  GetIdentityPoolRolesCommand,
  GetOpenIdTokenCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity';
import { userPoolProvider } from '@stepcast/contracts';
import { judged, said, type Probe } from '../probe.ts';
import { namesIn } from '../stage.ts';

/** Sets two roles, then one, in a pool of its own. */
export const setPoolRoles: Probe = async ({ clients: { identities }, prefix, accountId, region }) => {
  const { IdentityPoolId } = await identities.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: `${prefix}-roles`,
      AllowUnauthenticatedIdentities: true,
    }),
  );
  try {
    const role = (name: string) => `arn:aws:iam::${accountId}:role/${name}`;
    const set = (Roles: Record<string, string>) =>
      identities.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles }));
    const { roles } = namesIn(region);
    await set({ authenticated: role(roles.authenticated), unauthenticated: role(roles.guest) });
    await set({ authenticated: role(roles.authenticated) });
    const { Roles = {} } = await identities.send(new GetIdentityPoolRolesCommand({ IdentityPoolId }));
    const left = Object.keys(Roles).join(', ');
    return [judged('cognito.set-roles-replaces', left === 'authenticated', `left of two roles: ${left}`)];
  } finally {
    await identities.send(new DeleteIdentityPoolCommand({ IdentityPoolId }));
  }
};

export const openIdToken: Probe = async ({ clients: { identities }, page, region, ada }) => {
  const fact = 'cognito.open-id-token';
  try {
    await identities.send(
      new GetOpenIdTokenCommand({
        IdentityId: ada.identityId,
        Logins: { [userPoolProvider(region, page.userPoolId)]: ada.idToken },
      }),
    );
    return [judged(fact, true, 'a token came')];
  } catch (thrown) {
    return [judged(fact, false, said(thrown))];
  }
};
