import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { isSecretName, mask } from './masking.ts';

const letters = (alphabet: string, minLength: number, maxLength: number) =>
  fc
    .array(fc.constantFrom(...Array.from(alphabet)), { minLength, maxLength })
    .map((characters) => characters.join(''));
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

/** What AWS makes keys and tokens of: random, so that capitals, small letters and digits are all there. */
const random = (length: number) => letters(BASE64, length, length).map((text) => `aZ7${text.slice(3)}`);
const jwt = fc
  .tuple(letters(URL_SAFE, 20, 60), letters(URL_SAFE, 20, 60), letters(URL_SAFE, 20, 60))
  .map(([header, payload, signature]) => `eyJ${header}.${payload}.${signature}`);
const accessKeyId = fc
  .tuple(fc.constantFrom('AKIA', 'ASIA'), letters('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16, 16))
  .map(([prefix, rest]) => `${prefix}${rest}`);
const password = letters(`${URL_SAFE}!#$%`, 8, 24);

/** Where secrets stand in messages, settings, addresses and traces. */
const places: readonly ((secret: string) => string)[] = [
  (secret) => `the token ${secret} was not accepted`,
  (secret) => `{"accessToken":"${secret}","expiresAt":"2026-11-03"}`,
  (secret) => `aws_secret_access_key = ${secret}`,
  (secret) => `Authorization: Bearer ${secret}`,
  (secret) =>
    `wss://a-ats.iot.us-east-1.amazonaws.com/mqtt?X-Amz-Date=1&X-Amz-Security-Token=${encodeURIComponent(secret)}&x=1`,
  (secret) => `SessionToken: '${secret}'`,
];

describe('mask', () => {
  it('never prints a key or a token, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.oneof(random(40), random(200), jwt, accessKeyId),
        fc.constantFrom(...places),
        fc.stringMatching(/^[a-z .:]{0,20}$/),
        (secret, place, around) => {
          const masked = mask(`${around} ${place(secret)}\n${around}`);
          expect(masked).not.toContain(secret);
          expect(masked).not.toContain(encodeURIComponent(secret));
          // The first characters of an access key tell its kind; of anything else not even a part is left.
          if (secret.length > 24) expect(masked).not.toContain(secret.slice(4, 28));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never prints what stands under a secret’s name, whatever it looks like', () => {
    fc.assert(
      fc.property(
        password,
        fc.constantFrom(
          'password',
          'client_secret',
          'VITE_ENCRYPTION_KEY',
          'apiKey',
          'refreshToken',
          'secretAccessKey',
        ),
        fc.constantFrom('=', ': ', ' = '),
        (secret, name, sign) => {
          expect(mask(`x ${name}${sign}${secret} y`)).not.toContain(secret);
          expect(mask(`{"${name}":"${secret}"}`)).not.toContain(secret);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('is done when it is done', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), jwt, random(60)), (text) => {
        expect(mask(mask(text))).toBe(mask(text));
      }),
    );
  });

  it('leaves ARNs as they are, however random the names in them look', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9+=.@-]{1,64}$/),
        fc.stringMatching(/^[A-Za-z0-9/]{1,64}$/),
        (role, session) => {
          const arn = `arn:aws:sts::111122223333:assumed-role/${role}/${session}`;
          fc.pre(!/eyJ|A[SK]IA/.test(arn));
          expect(mask(`User: ${arn} is not authorized`)).toBe(`User: ${arn} is not authorized`);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('leaves what the caller gave himself', () => {
    const path = '/Users/JohnSmith/Projects/Frontend2/applications/web/environment';
    expect(mask(`${path}: x`)).toBe('[hidden]: x');
    expect(mask(`${path}: x`, ['', path])).toBe(`${path}: x`);
  });

  it('hides keys that were cut off', () => {
    expect(mask('-----BEGIN RSA PRIVATE KEY-----\nMIIEow')).toBe('[hidden]');
  });

  it.each([
    'arn:aws:sts::111122223333:assumed-role/ServiceTranslateStack-AuthenticatedRole86104F1A-9jxUz0pyoDyA/CognitoIdentityCredentials',
    'arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-peaceful-gospel-701/1764058120804',
    'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f',
    '7h2k9q0m4v8t1c6r3p5s0w2x9z',
    'arn:aws:s3:::pfmon-test-filebucket-pahkgcsa7mqk/users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/photo.png',
    'topicfilter/stepcast/v1/${cognito-identity.amazonaws.com:sub}/*',
    'sso_role_name is stepcastoperator, but the permission set is called StepcastOperator',
    'iot:Publish, iot:Receive, kinesisvideo:GetSignalingChannelEndpoint',
  ])('leaves %s as it is', (text) => {
    expect(mask(text)).toBe(text);
  });

  it.each([
    ['VITE_ENCRYPTION_KEY', true],
    ['clientSecret', true],
    ['STEPCAST_MQTT_PASSWORD', true],
    ['VITE_COGNITO_CLIENT_ID', false],
    ['STEPCAST_KEY_TEMPLATE', false],
    ['VITE_COGNITO_IDENTITY_POOL_ID', false],
  ])('takes the setting %s for secret: %s', (name, secret) => {
    expect(isSecretName(name)).toBe(secret);
  });
});
