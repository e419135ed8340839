import { looksLikeUserPoolSub, regionOfId } from '@stepcast/contracts';
import { type Chain } from '../evidence.ts';
import { couldNotCheck, fail, missing, pass, warn, type Finding, type Link } from '../link.ts';
import { providerNameOf, type Setup } from '../setup.ts';
import { aws } from '../shell.ts';

const notGiven = 'no identity pool ID is given (--identity-pool-id)';

function listPools(setup: Setup): string {
  return aws(setup, 'cognito-identity', 'list-identity-pools', '--max-results', '60');
}

/** `--identity-pool-id …` for every pool that the account has, nearest first. */
function otherPools(setup: Setup, chain: Chain): readonly string[] {
  if (chain.identityPools.state === 'unavailable') return [listPools(setup)];
  const pools = chain.identityPools.value;
  return pools.length === 0
    ? [`# this account has no identity pool in ${setup.region}: deploy the stack first`]
    : [
        '# identity pools of this account and region:',
        ...pools.map(({ id, name }) => `#   ${id}  ${name}`),
        `# put the right one where ${setup.identityPoolId ?? 'the pool ID'} stands, in every configuration`,
      ];
}

/** A pool ID and an identity ID have the same form, so only Cognito can tell one from the other. */
export const poolId: Link = {
  id: 'pool.id',
  title: 'Identity pool ID names an identity pool',
  why: 'An identity pool ID and an identity ID look the same. With an identity ID in its place no credentials can be had, and a trust policy built from it refuses everybody.',
  check(setup, chain) {
    const { identityPoolId: id, stackName } = setup;
    if (id === undefined && stackName !== undefined && chain.stack.state === 'unavailable')
      return couldNotCheck(`${notGiven}, and ${stackName} could not be asked for it (see operator.stack)`);
    if (id === undefined)
      return fail({
        evidence: [`${notGiven}; a user pool alone gives tokens, no AWS credentials`],
        repair: otherPools(setup, chain),
      });
    if (/^[\w-]+_[0-9A-Za-z]+$/.test(id))
      return fail({
        evidence: [`${id} is a user pool ID (region_name); an identity pool ID is region:guid`],
        repair: otherPools(setup, chain),
      });
    if (looksLikeUserPoolSub(id) || regionOfId(id) === undefined)
      return fail({
        evidence: [`${id} is no identity pool ID: that is region:guid, with the region in front`],
        repair: otherPools(setup, chain),
      });
    if (chain.identityPool.state === 'unavailable') return missing(chain.identityPool);
    if (chain.identityPool.value.found) {
      const { name } = chain.identityPool.value.value;
      return pass(`${id} is the identity pool "${name}"`);
    }
    if (chain.poolIdIsIdentity.state === 'known' && chain.poolIdIsIdentity.value)
      return fail({
        evidence: [
          `DescribeIdentityPool knows no pool ${id}, but DescribeIdentity does: it is the ID of one person’s identity`,
        ],
        repair: otherPools(setup, chain),
      });
    return fail({
      evidence: [`there is no identity pool ${id} in ${setup.region}`],
      repair: otherPools(setup, chain),
    });
  },
};

export const poolRegion: Link = {
  id: 'pool.region',
  local: true,
  title: 'Pools are in the region that is used',
  why: 'Pools live in one region. Asked in another, AWS says that they do not exist.',
  check(setup) {
    const ids = [
      ['identity pool', setup.identityPoolId],
      ['user pool', setup.userPoolId],
      ['identity', setup.identityId],
    ] as const;
    const given = ids.flatMap(([what, id]) =>
      id === undefined ? [] : [{ what, id, region: regionOfId(id) }],
    );
    const other = given.filter(({ region }) => region !== undefined && region !== setup.region);
    if (given.length === 0) return couldNotCheck('no pool ID is given');
    if (other.length === 0) return pass(`${given.map(({ what }) => what).join(', ')}: ${setup.region}`);
    const theirs = other[0]?.region ?? '';
    return fail({
      evidence: other.map(
        ({ what, id, region }) => `the ${what} ${id} is of ${region ?? ''}, but ${setup.region} is used`,
      ),
      repair:
        other.length === given.length
          ? [`stepcast doctor --region ${theirs}`, `# and set the region to ${theirs} in every configuration`]
          : [`# use pools of one region; list those of ${setup.region} with:`, listPools(setup)],
    });
  },
};

export const poolProvider: Link = {
  id: 'pool.provider',
  title: 'User pool and client are a provider of the identity pool',
  why: 'The identity pool takes tokens only of the user pool clients that it lists; any other is refused with NotAuthorizedException.',
  skip: ({ userPoolId }) =>
    userPoolId === undefined ? 'no user pool ID is given (--user-pool-id)' : undefined,
  check(setup, chain) {
    const { userPoolId, userPoolClientId, identityPoolId } = setup;
    if (userPoolId === undefined) return couldNotCheck('no user pool ID is given');
    if (chain.identityPool.state === 'unavailable') return missing(chain.identityPool);
    if (!chain.identityPool.value.found) return couldNotCheck('there is no such identity pool (see pool.id)');
    const { providers, name, allowsGuests } = chain.identityPool.value.value;
    const wanted = providerNameOf(setup, userPoolId);
    const ofPool = providers.filter(({ providerName }) => providerName === wanted);
    const clientMatches = ofPool.some(({ clientId }) => clientId === userPoolClientId);
    if (ofPool.length > 0 && (userPoolClientId === undefined || clientMatches))
      return pass(
        `${wanted} is a provider${userPoolClientId === undefined ? '' : ` for ${userPoolClientId}`}`,
      );
    const all = [...providers, { providerName: wanted, clientId: userPoolClientId ?? 'CLIENT_ID' }];
    return fail({
      evidence: [
        ofPool.length === 0
          ? `the identity pool does not list ${wanted}`
          : `the identity pool lists ${wanted} for ${ofPool.map(({ clientId }) => clientId).join(', ')}, not for ${userPoolClientId ?? ''}`,
        ...(providers.length === 0
          ? ['it has no user pool provider at all']
          : [`its providers: ${providers.map((one) => `${one.providerName} (${one.clientId})`).join(', ')}`]),
      ],
      // update-identity-pool replaces everything, so what is there is written again.
      repair: [
        aws(
          setup,
          'cognito-identity',
          'update-identity-pool',
          '--identity-pool-id',
          identityPoolId ?? '',
          '--identity-pool-name',
          name,
          allowsGuests ? '--allow-unauthenticated-identities' : '--no-allow-unauthenticated-identities',
          '--cognito-identity-providers',
          ...all.map(
            (one) => `ProviderName=${one.providerName},ClientId=${one.clientId},ServerSideTokenCheck=false`,
          ),
        ),
      ],
    });
  },
};

export const userPool: Link = {
  id: 'pool.userPool',
  title: 'User pool and client exist, and browsers can use the client',
  why: 'Tokens come from here. A client with a secret cannot be used by a browser, which can keep none.',
  skip: ({ userPoolId }) =>
    userPoolId === undefined ? 'no user pool ID is given (--user-pool-id)' : undefined,
  check(setup, { userPool: pool, userPoolClient: client }): Finding {
    const { userPoolId = '', userPoolClientId } = setup;
    if (pool.state === 'unavailable') return missing(pool);
    if (!pool.value.found)
      return fail({
        evidence: [`there is no user pool ${userPoolId} in ${setup.region}`],
        repair: [aws(setup, 'cognito-idp', 'list-user-pools', '--max-results', '60')],
      });
    const list = aws(setup, 'cognito-idp', 'list-user-pool-clients', '--user-pool-id', userPoolId);
    if (userPoolClientId === undefined)
      return warn({ evidence: ['no client ID is given (--user-pool-client-id)'], repair: [list] });
    if (client.state === 'unavailable') return missing(client);
    if (!client.value.found)
      return fail({
        evidence: [`the user pool ${userPoolId} has no client ${userPoolClientId}`],
        repair: [list],
      });
    if (client.value.value.hasSecret)
      return fail({
        evidence: [`the client ${userPoolClientId} has a secret; a web page cannot sign in with it`],
        repair: [
          aws(
            setup,
            'cognito-idp',
            'create-user-pool-client',
            '--user-pool-id',
            userPoolId,
            '--client-name',
            'stepcast-web',
            '--no-generate-secret',
          ),
        ],
      });
    return pass(`${userPoolId} with the client ${userPoolClientId}`);
  },
};
