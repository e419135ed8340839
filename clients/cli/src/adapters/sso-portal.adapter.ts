import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  GetRoleCredentialsCommand,
  paginateListAccountRoles,
  paginateListAccounts,
  SSOClient,
} from '@aws-sdk/client-sso';
import { getSSOTokenFilepath, loadSharedConfigFiles, loadSsoSessionData } from '@smithy/core/config';
import { parseJson } from '@stepcast/contracts';
import { asError } from '@stepcast/kit';
import * as z from 'zod';
import {
  known,
  unavailable,
  type Evidence,
  type Lookup,
  type SsoCredentials,
  type SsoLogin,
  type SsoProfile,
} from '../domain/evidence.ts';
import { mask, type RequestPatience } from '@stepcast/operations';
import type { SsoSource } from '../ports/sources.port.ts';
import { answer } from './answer.ts';

const CachedToken = z.object({ startUrl: z.string(), accessToken: z.string(), expiresAt: z.string() });

/** A sign-in with its token, which does not leave this file. */
interface Login extends SsoLogin {
  readonly accessToken: string;
  readonly file: string;
}

export interface SsoPortalOptions {
  /** Default: `AWS_CONFIG_FILE` or `~/.aws/config`. */
  readonly configPath?: string | undefined;
  readonly credentialsPath?: string | undefined;
  /** Default: `~/.aws/sso/cache`. */
  readonly cacheDirectory?: string | undefined;
  /** For tests; default: the portal of the region. */
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: RequestPatience;
}

/** The AWS configuration file, the cached sign-ins, and the access portal that they are for. */
export function createSsoPortal(options: SsoPortalOptions): SsoSource {
  const files = {
    ignoreCache: true,
    ...(options.configPath === undefined ? {} : { configFilepath: options.configPath }),
    ...(options.credentialsPath === undefined ? {} : { filepath: options.credentialsPath }),
  };
  const cacheDirectory = options.cacheDirectory ?? dirname(getSSOTokenFilepath('any'));

  async function profileOf(name: string): Promise<{ profile: Lookup<SsoProfile>; names: readonly string[] }> {
    const { configFile, credentialsFile } = await loadSharedConfigFiles(files);
    const sessions = await loadSsoSessionData(files);
    const names = [...new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)])].filter(
      (one) => !/^(sso-session|services)\./.test(one),
    );
    const section = configFile[name];
    if (section === undefined)
      return {
        names,
        profile: credentialsFile[name] === undefined ? { found: false } : { found: true, value: bare(name) },
      };
    const sessionName = section.sso_session;
    const session = sessionName === undefined ? section : sessions[sessionName];
    const signsIn = sessionName !== undefined || section.sso_start_url !== undefined;
    return {
      names,
      profile: {
        found: true,
        value: {
          name,
          session:
            signsIn && session !== undefined
              ? { name: sessionName, startUrl: session.sso_start_url, region: session.sso_region }
              : undefined,
          missingSession: sessionName !== undefined && session === undefined ? sessionName : undefined,
          accountId: section.sso_account_id,
          roleName: section.sso_role_name,
          region: section.region,
        },
      },
    };
  }

  async function logins(): Promise<readonly Login[]> {
    let names: string[];
    try {
      names = await readdir(cacheDirectory);
    } catch (thrown) {
      const error = asError(thrown);
      if ('code' in error && error.code === 'ENOENT') return [];
      throw thrown;
    }
    const found: Login[] = [];
    for (const name of names.filter((one) => one.endsWith('.json'))) {
      const token = parseJson(CachedToken, await readFile(join(cacheDirectory, name), 'utf8'));
      // Files of client registrations lie there too; they have no token.
      if (!token.ok) continue;
      // The CLI of old wrote "UTC" in place of "Z".
      const expiresAtMs = Date.parse(token.value.expiresAt.replace(/UTC$/, 'Z'));
      found.push({
        startUrl: token.value.startUrl,
        expiresAtMs: Number.isNaN(expiresAtMs) ? 0 : expiresAtMs,
        accessToken: token.value.accessToken,
        file: name,
      });
    }
    return found;
  }

  async function ask(profile: SsoProfile, login: Login | undefined) {
    const { session, accountId, roleName } = profile;
    const none = (reason: string) => ({
      accounts: unavailable(reason),
      roleNames: unavailable(reason),
      credentials: unavailable(reason),
    });
    if (session?.region === undefined) return none('the profile has no sso_region (see sso.profile)');
    if (login === undefined) return none('nobody is signed in (see sso.login)');
    const client = new SSOClient({
      region: session.region,
      maxAttempts: options.maxAttempts,
      requestHandler: options.requestHandler,
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    });
    const { accessToken } = login;
    try {
      const accounts = await answer('sso:ListAccounts', async () => {
        const list: { id: string; name: string }[] = [];
        for await (const page of paginateListAccounts({ client }, { accessToken }))
          for (const one of page.accountList ?? [])
            list.push({ id: one.accountId ?? '', name: one.accountName ?? '' });
        return list;
      });
      if (accountId === undefined || roleName === undefined)
        return { ...none('the profile names no account or no permission set (see sso.profile)'), accounts };
      const roleNames = await answer('sso:ListAccountRoles', async () => {
        // For an account that is not assigned this call is refused, which is the same as an empty list.
        if (accounts.state === 'known' && !accounts.value.some(({ id }) => id === accountId)) return [];
        const list: string[] = [];
        for await (const page of paginateListAccountRoles({ client }, { accessToken, accountId }))
          for (const one of page.roleList ?? []) list.push(one.roleName ?? '');
        return list;
      });
      return {
        accounts,
        roleNames,
        credentials: await tryCredentials(client, { accessToken, accountId, roleName }),
      };
    } finally {
      client.destroy();
    }
  }

  return {
    async evidence(name) {
      const loaded = await answer('AWS configuration file', () => profileOf(name));
      const present = await answer('sign-in cache', logins);
      if (loaded.state === 'unavailable' || present.state === 'unavailable') {
        const reason =
          loaded.state === 'unavailable'
            ? loaded.reason
            : present.state === 'unavailable'
              ? present.reason
              : '';
        const gap = unavailable(reason);
        return {
          profiles: gap,
          profile: gap,
          login: gap,
          otherLogins: gap,
          accounts: gap,
          roleNames: gap,
          credentials: gap,
        };
      }
      const { profile, names } = loaded.value;
      const session = profile.found ? profile.value.session : undefined;
      const cacheKey = session?.name ?? session?.startUrl;
      const file =
        cacheKey === undefined ? undefined : `${createHash('sha1').update(cacheKey).digest('hex')}.json`;
      const login = present.value.find((one) => one.file === file);
      const plain = ({ startUrl, expiresAtMs }: Login): SsoLogin => ({ startUrl, expiresAtMs });
      const gap = unavailable(`there is no profile ${name} that signs in with IAM Identity Center`);
      return {
        profiles: known(names),
        profile: known(profile),
        login: known(login === undefined ? { found: false } : { found: true, value: plain(login) }),
        otherLogins: known(present.value.filter((one) => one !== login).map(plain)),
        ...(profile.found && session !== undefined
          ? await ask(profile.value, login)
          : { accounts: gap, roleNames: gap, credentials: gap }),
      };
    },
  };
}

function bare(name: string): SsoProfile {
  return {
    name,
    session: undefined,
    missingSession: undefined,
    accountId: undefined,
    roleName: undefined,
    region: undefined,
  };
}

/**
 * `ForbiddenException` is not among the errors that the service declares, so it is known by its name or its text. The
 * credentials in an answer are dropped on the spot.
 */
async function tryCredentials(
  client: SSOClient,
  request: { readonly accessToken: string; readonly accountId: string; readonly roleName: string },
): Promise<Evidence<SsoCredentials>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new GetRoleCredentialsCommand(request));
      return known({ granted: true });
    } catch (thrown) {
      const error = asError(thrown);
      const refused =
        /^(ForbiddenException|UnauthorizedException|ResourceNotFoundException|InvalidRequestException)$/;
      if (!refused.test(error.name) && !error.message.includes('No access'))
        return answer('sso:GetRoleCredentials', () => Promise.reject(error));
      // The portal is known to refuse now and then; one more question before it is believed.
      if (attempt < 2 && error.name !== 'UnauthorizedException') continue;
      return known({ granted: false, errorName: error.name, message: mask(error.message) });
    }
  }
}
