import { command } from '../shell.ts';
import { type Decoder, type Explanation } from './explanation.ts';

/** Words, or words with other words anywhere behind them. */
type Words = RegExp | readonly [RegExp, RegExp];

/** Messages that are known by their words: one of these suffices. */
interface KnownText extends Omit<Explanation, 'known' | 'details'> {
  readonly words: readonly Words[];
}

/** Each text is read once for each word: `a[^]*b` would read it again from every `a`. */
function says(text: string, words: Words): boolean {
  if (words instanceof RegExp) return words.test(text);
  const [first, then] = words;
  const found = first.exec(text);
  return found !== null && then.test(text.slice(found.index + found[0].length));
}

const doctor = (only: string) => command('stepcast', 'doctor', '--only', only);
/** The repair of what that check finds: each is printed, and made where that is safe and somebody says yes. */
const mend = (only: string) => command('stepcast', 'doctor', '--fix', '--only', only);

const notLetIn =
  'The broker took the connection and refused the CONNECT: the identity has no IoT policy attached, the policy or the role does not allow this client ID, or the attachment is minutes old and not in force everywhere. A refused subscription or publish can close the connection the same way.';

export const texts: readonly KnownText[] = [
  {
    code: 'ssoNoAccess',
    words: [
      [/ForbiddenException/i, /No access|SSO|portal\.sso/i],
      [/No access|switchboard\.portal/i, /ForbiddenException/i],
      [/GetRoleCredentials/i, /Forbidden|No access/i],
      /^No access$/i,
    ],
    title: 'IAM Identity Center gives you no credentials for that account and permission set',
    cause:
      'The sign-in worked; GetRoleCredentials did not. Either the permission set is not assigned to you in that account, or sso_account_id or sso_role_name in the profile is misspelt (the name is case-sensitive, and is the permission set’s, not AWSReservedSSO_…). Both give this same error, so look before you ask an administrator. No IAM policy can grant this call.',
    check: [
      command('stepcast', 'doctor', '--only', 'sso', '--profile', 'PROFILE'),
      'sso_account_id and sso_role_name in ~/.aws/config, letter for letter',
      'Was the browser signed in as somebody else, or at another portal?',
    ],
    repair: [
      command('aws', 'configure', 'set', 'sso_role_name', 'PERMISSION_SET', '--profile', 'PROFILE'),
      command('aws', 'configure', 'set', 'sso_account_id', 'ACCOUNT_ID', '--profile', 'PROFILE'),
      '# or let an administrator assign the permission set to you in that account, and sign in again:',
      command('aws', 'sso', 'logout', '--profile', 'PROFILE'),
      command('aws', 'sso', 'login', '--profile', 'PROFILE'),
    ],
  },
  {
    code: 'ssoSessionExpired',
    words: [
      /Session token not found or invalid|SSO session (associated with this profile )?(has expired|is expired|is invalid)|Token has expired and refresh failed|Error loading SSO Token/i,
    ],
    title: 'The sign-in with IAM Identity Center has expired',
    cause:
      'The token of "aws sso login" lasts some hours, and is looked for under the name of the profile’s sso-session.',
    check: [command('stepcast', 'doctor', '--only', 'sso', '--profile', 'PROFILE')],
    repair: [command('aws', 'sso', 'login', '--profile', 'PROFILE')],
  },
  {
    code: 'expiredIdToken',
    words: [[/NotAuthorizedException/i, /Token expired/i], /Invalid login token\. Token expired/i],
    title: 'The ID token given to the identity pool has expired',
    cause: 'ID tokens last an hour by default; the client kept one for longer in place of refreshing it.',
    check: ['Does the client ask for the session anew before it gets credentials (fetchAuthSession)?'],
    repair: ['# refresh the user-pool session, then get credentials again'],
  },
  {
    code: 'expiredToken',
    words: [/ExpiredToken(Exception)?|security token included in the request is expired|token has expired/i],
    title: 'The temporary credentials have expired',
    cause:
      'Credentials of an identity pool last an hour, those of IAM Identity Center as long as the permission set says. Something kept them past their end, or the clock of this machine is wrong.',
    check: ['the clock of the machine', 'whether the client refreshes before each connect (Stepcast’s does)'],
    repair: [
      command('aws', 'sso', 'login', '--profile', 'PROFILE'),
      '# in a browser: get credentials again and reconnect',
    ],
  },
  {
    code: 'roleForbidden',
    words: [/Access to Role '?\S{0,256} is forbidden/i, /InvalidIdentityPoolConfiguration/i],
    title: 'Cognito may not take the role for this person',
    cause:
      'The role is gone, or its trust policy does not fit: "aud" must be the identity pool’s ID (not somebody’s identity ID, which looks the same), "amr" authenticated.',
    check: [doctor('pool.id,pool.roles,role.trust')],
    repair: [mend('pool.roles,role.trust')],
  },
  {
    code: 'guestsNotAllowed',
    words: [/Unauthenticated access is not supported for this identity pool/i],
    title: 'The identity pool lets no guests in, and no login was given',
    cause:
      'The client asked for credentials without an ID token: it was not signed in yet, or put the token under the wrong provider name.',
    check: [doctor('pool')],
    repair: [
      '# sign in before asking for credentials; the key of Logins is cognito-idp.REGION.amazonaws.com/USER_POOL_ID',
    ],
  },
  {
    code: 'invalidLogin',
    words: [/Invalid login token|Token is not from a supported provider|Logins don.t match/i],
    title: 'The identity pool does not take this token',
    cause:
      'The user pool client is not a provider of the identity pool, the token is an access token in place of an ID token, or the provider’s name is misspelt.',
    check: [doctor('pool.provider,pool.userPool')],
    repair: [mend('pool.provider')],
  },
  {
    code: 'poolNotFound',
    words: [
      /IdentityPool '?[\w-]{1,30}:[0-9a-f-]{1,36}'? not found/i,
      [/ResourceNotFoundException/i, /IdentityPool/i],
    ],
    title: 'There is no identity pool with this ID in this region',
    cause:
      'An identity ID and an identity pool ID look the same. An ID from a log or an error message is that of one person’s identity.',
    check: [doctor('pool.id,pool.region')],
    repair: [command('aws', 'cognito-identity', 'list-identity-pools', '--max-results', '60')],
  },
  {
    code: 'mqttSocketClosed',
    words: [/AMQJS0008I|Socket closed\b/i],
    title: 'The broker closed the connection (AMQJS0008I)',
    cause: notLetIn,
    check: [
      command('stepcast', 'doctor', '--only', 'iot,role.iot', '--identity', 'IDENTITY_ID'),
      'Do two tabs use the same client ID? Each then throws the other out.',
      'Does the client ask for a session that lasts (clean: false)? The policy must speak of it.',
    ],
    repair: [
      command('aws', 'iot', 'attach-policy', '--policy-name', 'stepcast-identity', '--target', 'IDENTITY_ID'),
      '# then wait some minutes, with growing pauses between attempts',
    ],
  },
  {
    code: 'mqttNotAuthorized',
    words: [
      /CONNACK[^]{0,60}?\b(0x0?[57]|0x87|5|7|135)\b/i,
      /Connection refused: ?(Not authorized|code 7)/i,
      [/AMQJS0006E/i, /bad user name/i],
      /Not authorized \(?(0x87|135)/i,
      /\b(reason|return) ?code:? ?(5|7|135|0x87)\b/i,
    ],
    title: 'The broker refused the CONNECT: not authorized (5 or 7 in MQTT 3.1.1, 0x87 in MQTT 5)',
    cause: notLetIn,
    check: [command('stepcast', 'doctor', '--only', 'iot,role.iot', '--identity', 'IDENTITY_ID')],
    repair: [
      command('aws', 'iot', 'attach-policy', '--policy-name', 'stepcast-identity', '--target', 'IDENTITY_ID'),
    ],
  },
  {
    code: 'subackRefused',
    words: [/SUBACK[^]{0,40}?(0x80|0x87|128|135)/i, /Subscribe error|AMQJS0010/i],
    title: 'The broker refused the subscription',
    cause:
      'The filter is not covered by topicfilter/… of both the role and the IoT policy: another person’s topic, "topic/" in place of "topicfilter/", or "+" and "#" in the policy, where they are plain characters.',
    check: [doctor('iot.topicfilter,iot.wildcards,role.iot')],
    repair: [mend('iot')],
  },
  {
    code: 'wssForbidden',
    words: [[/WebSocket|wss:/i, /\b403\b/], /Unexpected (server )?response( code)?: 403/i],
    title: 'The WebSocket was refused before MQTT began (403)',
    cause:
      'The signature of the address is wrong or old: expired credentials, a clock that is off, or the session token signed along with the rest (IoT wants it appended after signing).',
    check: ['the clock of the machine', 'whether each connect signs a new address with fresh credentials'],
    repair: ['# sign anew for every connect; Stepcast’s client does'],
  },
  {
    code: 'malformedPolicy',
    words: [[/MalformedPolicy/i, /invalid resource/i], /Policy has invalid resource/i],
    title: 'A bucket’s name stands where its ARN belongs',
    cause:
      'In CloudFormation the Ref of a bucket is its name: !Sub "${Bucket}/users/*" gives "name/users/*".',
    check: [command('stepcast', 'doctor', '--only', 'names', '--template', 'TEMPLATE')],
    repair: ['# write !Sub "${Bucket.Arn}/users/*" and !GetAtt Bucket.Arn'],
  },
  {
    code: 'cors',
    words: [/blocked by CORS policy|No 'Access-Control-Allow-Origin'|CORS (request|error)/i],
    title: 'The browser was not allowed to ask (CORS)',
    cause:
      'The bucket has no CORS rule for the page’s origin. AWS IoT’s control plane has none at all: browsers cannot call AttachPolicy.',
    check: [command('stepcast', 'doctor', '--only', 's3.cors', '--origin', 'https://YOUR_ORIGIN')],
    repair: [command('stepcast', 'doctor', '--only', 's3.cors', '--origin', 'https://YOUR_ORIGIN', '--fix')],
  },
  {
    code: 'logDestination',
    words: [
      /Log Destination not found|Must specify exactly one Log Destination|The state machine IAM Role is not authorized to access the Log Destination/i,
    ],
    title: 'The state machine cannot log to that log group',
    cause:
      'The destination is one ARN of an existing log group with ":*" at the end, and the role needs the rights of log delivery.',
    check: [doctor('workflow,logs')],
    repair: [mend('workflow')],
  },
  {
    code: 'keyStillEncoded',
    words: [/the key is still URL-encoded/i],
    title: 'The input of the execution has the key as a notification of S3 spells it',
    cause:
      'S3 encodes keys in its notifications (%3A for a colon, + for a space), and whatever started the workflow handed the key on without decoding it. As it stands it is another key, below nobody’s prefix.',
    check: ['the input of the execution: does its key have %3A where the identity ID has its colon?'],
    repair: [
      '# decode the key where the workflow is started, or let Stepcast do it, in the settings of the deployment:',
      '#   "ownership": { "inputPaths": [{ "bucket": "bucket", "key": "key", "encoding": "url" }] }',
    ],
  },
  {
    code: 'inputNamesNothing',
    words: [/the input names neither an uploaded object nor a parent execution/i],
    title: 'The input of the execution names its object where Stepcast does not look',
    cause:
      'Events of S3, EventBridge and CloudTrail are known, as are { bucket, key } and messages around them. Other forms have to be configured, in observed mode.',
    check: [
      'the input of the execution: where does it name bucket and key?',
      'Did an upload start it at all?',
    ],
    repair: [
      '# say where, in JMESPath, in the settings of the deployment (STEPCAST_OWNERSHIP_INPUT_PATHS elsewhere):',
      '#   "ownership": { "inputPaths": [{ "bucket": "document.input_bucket", "key": "document.input_key" }] }',
      '# or { "uri": "manifest.s3Path" } for s3://bucket/key, or { "event": "detail.event" } for an event within the input',
    ],
  },
  {
    code: 'classicFlow',
    words: [/Basic \(classic\) flow is not (supported|enabled)/i],
    title: 'The identity pool has no classic flow, or role mappings that exclude it',
    cause: 'The client asked for an OpenID token in place of credentials.',
    check: [doctor('pool,kvs.guest')],
    repair: ['# use GetCredentialsForIdentity (fromCognitoIdentityPool), the enhanced flow'],
  },
];

export const knownTexts: readonly Decoder[] = texts.map(({ words, ...explanation }) => (text) => {
  return words.some((one) => says(text, one)) ? { ...explanation, known: true, details: [] } : undefined;
});
