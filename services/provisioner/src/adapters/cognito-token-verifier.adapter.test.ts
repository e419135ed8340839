import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { userPoolProvider } from '@stepcast/contracts';
import { KeysUnavailableError, TokenRejectedError } from '../errors.ts';
import { createCognitoTokenVerifier } from './cognito-token-verifier.adapter.ts';

/** Every region of the AWS SDK's partition data, under the DNS suffix of its partition. */
const regionsOfSuffix: Readonly<Record<string, string>> = {
  'amazonaws.com':
    'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ' +
    'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 ' +
    'eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 ' +
    'me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2 ' +
    'us-gov-east-1 us-gov-west-1',
  'amazonaws.com.cn': 'cn-north-1 cn-northwest-1',
  'amazonaws.eu': 'eusc-de-east-1',
  'c2s.ic.gov': 'us-iso-east-1 us-iso-west-1',
  'sc2s.sgov.gov': 'us-isob-east-1 us-isob-west-1',
  'cloud.adc-e.uk': 'eu-isoe-west-1',
  'csp.hci.ic.gov': 'us-isof-east-1 us-isof-south-1',
};
const regions = Object.entries(regionsOfSuffix).flatMap(([suffix, names]) =>
  names.split(' ').map((region) => ({ region, suffix })),
);

const clientId = '1h57kf5cpq17m0eml12EXAMPLE';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] };
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(iss: string, change: object = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { sub: 'alice', aud: clientId, iss, token_use: 'id', exp, ...change };
  const input = `${part({ kid: 'k', alg: 'RS256' })}.${part(claims)}`;
  return `${input}.${createSign('RSA-SHA256').update(input).sign(privateKey, 'base64url')}`;
}

/** A verifier for a pool of a region, and the addresses that it fetched keys from. */
function verifierIn(region: string, status = 200) {
  const fetched: string[] = [];
  const verifier = createCognitoTokenVerifier({
    provider: userPoolProvider(region, `${region}_Ab3dEf6Gh`),
    userPoolClientId: clientId,
    fetchKeys: (url) => {
      fetched.push(url instanceof Request ? url.url : url.toString());
      return Promise.resolve(new Response(JSON.stringify(keys), { status }));
    },
  });
  return { verifier, fetched };
}

describe.each(regions)('a user pool in $region', ({ region, suffix }) => {
  const issuer = `https://cognito-idp.${region}.${suffix}/${region}_Ab3dEf6Gh`;

  it(`issues under ${suffix}, and its keys are fetched there`, async () => {
    const { verifier, fetched } = verifierIn(region);
    expect(await verifier.verify(token(issuer))).toMatchObject({ sub: 'alice' });
    await verifier.refreshKeys();
    expect(fetched).toEqual([`${issuer}/.well-known/jwks.json`, `${issuer}/.well-known/jwks.json`]);
  });

  it('is not believed under the suffix of another partition', async () => {
    const { verifier, fetched } = verifierIn(region);
    for (const other of Object.keys(regionsOfSuffix).filter((one) => one !== suffix)) {
      const foreign = token(issuer.replace(`.${suffix}/`, `.${other}/`));
      await expect(verifier.verify(foreign)).rejects.toThrow(TokenRejectedError);
    }
    expect(fetched).toEqual([]);
  });
});

describe('the second name of a user pool as an issuer', () => {
  const issuer = 'https://issuer-cognito-idp.eusc-de-east-1.amazonaws.eu/eusc-de-east-1_Ab3dEf6Gh';

  it('is good as well, with the keys that stand under it', async () => {
    const { verifier, fetched } = verifierIn('eusc-de-east-1');
    expect(await verifier.verify(token(issuer))).toMatchObject({ sub: 'alice' });
    expect(fetched).toEqual([`${issuer}/.well-known/jwks.json`]);
  });

  it.each([
    ['another client', { aud: 'other' }],
    ['an access token', { token_use: 'access', client_id: clientId }],
    ['no use', { token_use: undefined }],
    ['an end in the past', { exp: 1 }],
  ])('makes no token good that has %s', async (_what, change) => {
    const { verifier } = verifierIn('eusc-de-east-1');
    await expect(verifier.verify(token(issuer, change))).rejects.toThrow(TokenRejectedError);
  });
});

it('keys that the issuer does not give are an outage, not a bad token', async () => {
  const { verifier } = verifierIn('cn-north-1', 503);
  const good = token('https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Ab3dEf6Gh');
  await expect(verifier.verify(good)).rejects.toThrow(KeysUnavailableError);
});
