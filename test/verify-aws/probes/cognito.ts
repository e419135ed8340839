import {
  CreateIdentityPoolCommand,
  DeleteIdentityPoolCommand,
  GetIdentityPoolRolesCommand,
  GetOpenIdTokenCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity';
import { userPoolProvider } from '@stepcast/contracts';
import { judged, said, type Probe } from '../probe.ts';

/** Sets two roles, then one, in a pool of its own. */
export const setPoolRoles: Probe = async ({ clients: { identities }, prefix, accountId }) => {
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
    await set({ authenticated: role('stepcast-authenticated'), unauthenticated: role('stepcast-guest') });
    await set({ authenticated: role('stepcast-authenticated') });
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
