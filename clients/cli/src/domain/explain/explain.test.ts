import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { explain } from './explain.ts';
import { parseDenial } from './denial.ts';

const session = (role: string) => `arn:aws:sts::111122223333:assumed-role/${role}/CognitoIdentityCredentials`;
const identity = 'ap-southeast-1:81084a40-f161-c0c0-9f51-6f2f0c4a7b9e';

/** Messages as they are pasted, what they mean, and what the repair must hold. */
const corpus: readonly (readonly [name: string, text: string, code: string, repair: RegExp])[] = [
  [
    'signaling refused to the role of an earlier stack, over three lines',
    `User: ${session('ServiceTranslateStack-AuthenticatedRole86104F1A-9jxUz0pyoDyA')} \nis not authorized to perform: kinesisvideo:GetSignalingChannelEndpoint \non resource: arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-peaceful-gospel-701/1764058120804`,
    'kvsMissing',
    /put-role-policy --role-name ServiceTranslateStack-AuthenticatedRole86104F1A-9jxUz0pyoDyA .*channel\/session-\*\/\*/,
  ],
  [
    'an upload below the user-pool sub',
    `User: ${session('pfmon-test-AuthenticatedRole-FapX96OtzGeF')} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::pfmon-test-filebucket-pahkgcsa7mqk/users/1448a458-6061-70ce-fb89-543829daaa9d/test-1756931818587.txt" because no identity-based policy allows the s3:PutObject action`,
    'userPoolSubInKey',
    /identityId/,
  ],
  [
    'a guest at a signaling channel',
    `AccessDeniedException: User: ${session('guest')} is not authorized to perform: kinesisvideo:ConnectAsViewer on resource: arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-a/1764058120804 because no session policy allows the kinesisvideo:ConnectAsViewer action`,
    'guestCannotUseKvs',
    /classic flow/,
  ],
  [
    'a guest at another service',
    `User: ${session('guest')} is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/x because no session policy allows the bedrock:InvokeModel action`,
    'noSessionPolicyAllows',
    /sign in/,
  ],
  [
    'an upload below the right prefix that the role does not allow',
    `User: ${session('app')} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::uploads/users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/a.png" because no identity-based policy allows the s3:PutObject action`,
    's3Missing',
    /stepcast doctor --fix --only role\.s3/,
  ],
  [
    'an explicit deny in the bucket policy',
    `User: ${session('app')} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::uploads/users/us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f/a.png" with an explicit deny in a resource-based policy`,
    'explicitDenyInResourcePolicy',
    /do not remove the deny/,
  ],
  [
    'a dead letter of a workflow whose input has an encoded key',
    'CORRELATOR_UNOWNED: the key is still URL-encoded, with %3A where an identity ID has its colon.',
    'keyStillEncoded',
    /"encoding": "url"/,
  ],
  [
    'a dead letter of a workflow whose input has a form of its own',
    'reason: the input names neither an uploaded object nor a parent execution. Where it names its object in a form of its own, …',
    'inputNamesNothing',
    /inputPaths/,
  ],
  [
    'an explicit deny in a service control policy',
    `User: arn:aws:iam::111122223333:user/ann is not authorized to perform: iot:CreatePolicy on resource: arn:aws:iot:us-east-1:111122223333:policy/x with an explicit deny in a service control policy`,
    'explicitDeny',
    /get-role/,
  ],
  [
    'AttachPolicy called by a client',
    `User: ${session('Cognito_appAuth_Role')} is not authorized to perform: iot:AttachPolicy on resource: ${identity}`,
    'attachPolicyFromClient',
    new RegExp(`aws iot attach-policy --policy-name stepcast-identity --target ${identity}`),
  ],
  [
    'AttachPolicy by a worker whose right is scoped to the policy',
    `User: arn:aws:sts::111122223333:assumed-role/stepcast-provisioner/task is not authorized to perform: iot:AttachPolicy on resource: ${identity} because no identity-based policy allows the iot:AttachPolicy action`,
    'attachPolicyTarget',
    /"Resource":"\*"/,
  ],
  [
    'a topic of somebody else',
    `User: ${session('app')} is not authorized to perform: iot:Subscribe on resource: arn:aws:iot:us-east-1:111122223333:topicfilter/x`,
    'iotMissing',
    /what the check prints below role\.iot[^]*stepcast doctor --fix --only iot\.attachment --identity IDENTITY_ID/,
  ],
  [
    'PassRole',
    `User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/ann is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/x because no identity-based policy allows the iam:PassRole action`,
    'passRole',
    /permission-set --for deploy --account-id 111122223333/,
  ],
  [
    'a permission set that is too small',
    `User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/ann is not authorized to perform: states:DescribeStateMachine on resource: arn:aws:states:us-east-1:111122223333:stateMachine:x because no identity-based policy allows the states:DescribeStateMachine action`,
    'permissionSetTooSmall',
    /permission-set --for operate/,
  ],
  [
    'IAM Identity Center, by the CLI',
    'An error occurred (ForbiddenException) when calling the GetRoleCredentials operation: No access',
    'ssoNoAccess',
    /aws configure set sso_role_name/,
  ],
  [
    'IAM Identity Center, as quoted everywhere',
    'ForbiddenException: No access',
    'ssoNoAccess',
    /aws sso login/,
  ],
  [
    'IAM Identity Center, wrapped by the SDK for JavaScript',
    'CredentialsProviderError: No access\n    at resolveSSOCredentials\n  [cause]: SSOServiceException [ForbiddenException]: No access',
    'ssoNoAccess',
    /sso_account_id/,
  ],
  [
    'IAM Identity Center, as the portal itself answers and "--debug" shows it',
    '{"message":"No access","__type":"com.amazonaws.switchboard.portal#ForbiddenException"}',
    'ssoNoAccess',
    /sso_account_id/,
  ],
  [
    'IAM Identity Center, as people tell of it',
    'ForbiddenException after successful SSO login',
    'ssoNoAccess',
    /aws configure set sso_role_name/,
  ],
  [
    'an old sign-in',
    'UnauthorizedException: Session token not found or invalid',
    'ssoSessionExpired',
    /aws sso login/,
  ],
  [
    'an expired token of S3',
    'An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.',
    'expiredToken',
    /get credentials again/,
  ],
  [
    'an expired token of another service',
    'ExpiredTokenException: The security token included in the request is expired',
    'expiredToken',
    /sso login/,
  ],
  [
    'an expired ID token',
    'NotAuthorizedException: Invalid login token. Token expired: 1700000000 >= 1690000000',
    'expiredIdToken',
    /refresh/,
  ],
  ['Paho', 'AMQJS0008I Socket closed.', 'mqttSocketClosed', /attach-policy/],
  [
    'Amplify',
    '{"errorCode":8,"errorMessage":"AMQJS0008I Socket closed."}',
    'mqttSocketClosed',
    /attach-policy/,
  ],
  ['CONNACK 5', 'Connection refused: Not authorized', 'mqttNotAuthorized', /attach-policy/],
  ['CONNACK 5 as a number', 'CONNACK return code: 5', 'mqttNotAuthorized', /attach-policy/],
  ['CONNACK 7, which is AWS’s own', 'got CONNACK with code 7', 'mqttNotAuthorized', /attach-policy/],
  ['CONNACK 0x87', 'MQTT5 CONNACK reason code 0x87 (Not authorized)', 'mqttNotAuthorized', /attach-policy/],
  ['CONNACK 135', 'connack { reasonCode: 135 }', 'mqttNotAuthorized', /attach-policy/],
  ['a subscription', 'SUBACK reason 0x87 for topicfilter', 'subackRefused', /--only iot/],
  [
    'a bad signature',
    "WebSocket connection to 'wss://x/mqtt' failed: Unexpected response code: 403",
    'wssForbidden',
    /sign anew/,
  ],
  [
    'a wrong trust policy',
    'NotAuthorizedException: Access to Role arn:aws:iam::111122223333:role/x is forbidden.',
    'roleForbidden',
    /role\.trust/,
  ],
  [
    'guests',
    'NotAuthorizedException: Unauthenticated access is not supported for this identity pool.',
    'guestsNotAllowed',
    /sign in/,
  ],
  [
    'an access token',
    'NotAuthorizedException: Token is not from a supported provider of this identity pool.',
    'invalidLogin',
    /pool\.provider/,
  ],
  [
    'an identity ID in the place of the pool’s',
    "ResourceNotFoundException: IdentityPool 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f' not found.",
    'poolNotFound',
    /list-identity-pools/,
  ],
  [
    'a name in the place of an ARN',
    'MalformedPolicy: Policy has invalid resource',
    'malformedPolicy',
    /Bucket\.Arn/,
  ],
  [
    'CORS',
    "Access to fetch at 'https://x.s3.amazonaws.com' has been blocked by CORS policy",
    'cors',
    /s3\.cors/,
  ],
  [
    'logging',
    'InvalidLoggingConfiguration: Must specify exactly one Log Destination.',
    'logDestination',
    /workflow/,
  ],
];

describe('explain', () => {
  it.each(corpus)('knows %s', (_name, text, code, repair) => {
    const explanation = explain(text);
    expect({ code: explanation.code, known: explanation.known }).toEqual({ code, known: true });
    expect(explanation.repair.join('\n')).toMatch(repair);
    expect(explanation.check).not.toEqual([]);
    expect(explanation.cause).not.toBe('');
  });

  it.each(corpus)('repairs %s by more than another check', (_name, text) => {
    const { check, repair } = explain(text);
    const isCheck = (line: string) => /^stepcast doctor --only \S+$/.test(line);
    expect(check.some(isCheck) ? repair.filter(isCheck) : []).toEqual([]);
  });

  it('names the role, however long and random it is', () => {
    const text = `User: ${session('ServiceTranslateStack-AuthenticatedRole86104F1A')} is not authorized to perform: kinesisvideo:GetSignalingChannelEndpoint on resource: arn:aws:kinesisvideo:us-east-1:111122223333:channel/session-a/1764058120804`;
    expect(explain(text).repair.join('\n')).toContain(
      '--role-name ServiceTranslateStack-AuthenticatedRole86104F1A',
    );
  });

  it('names caller, action, resource and the sub in the key', () => {
    const [, second] = corpus;
    expect(explain(second?.[1] ?? '').details).toEqual([
      'caller: the role pfmon-test-AuthenticatedRole-FapX96OtzGeF, which an identity pool gave to a person',
      'action: s3:PutObject',
      'resource: arn:aws:s3:::pfmon-test-filebucket-pahkgcsa7mqk/users/1448a458-6061-70ce-fb89-543829daaa9d/test-1756931818587.txt',
      'in the key: 1448a458-6061-70ce-fb89-543829daaa9d, a GUID without region, which is a user-pool sub',
    ]);
  });

  it('does not advise what opens everybody’s files', () => {
    const explanation = explain(corpus[1]?.[1] ?? '');
    expect(explanation.repair.join('\n')).not.toMatch(/put-bucket-policy/);
    expect(explanation.cause).toMatch(/opens everybody’s files/);
  });

  it.each([
    '',
    'something went wrong',
    'ForbiddenException: Forbidden',
    'TypeError: x is undefined',
    'error 403',
  ])('says that it does not know %j, and what to run', (text) => {
    const explanation = explain(text);
    expect(explanation).toMatchObject({ code: 'unknown', known: false, repair: [] });
    expect(explanation.check).toContain('stepcast doctor');
  });

  it('reads a message inside a log, however it is broken into lines', () => {
    const [, text = '', code] = corpus[0] ?? [];
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9 :\n]{0,40}$/),
        fc.infiniteStream(fc.constantFrom(' ', '\n', '\r\n   ', '  ')),
        (before, gaps) => {
          const broken = text
            .split(/\s+/)
            .reduce((joined, word) => `${joined}${gaps.next().value ?? ' '}${word}`);
          expect(explain(`${before} ${broken}`).code).toBe(code);
        },
      ),
    );
  });

  it('takes any text without throwing, and reads caller and action of any denial', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(explain(text).title).not.toBe('');
      }),
    );
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/),
        fc.stringMatching(/^[a-z-]{1,10}:[A-Za-z]{1,20}$/),
        fc.stringMatching(/^arn:aws:x:::[A-Za-z0-9/_-]{1,30}$/),
        fc.boolean(),
        (role, action, resource, quoted) => {
          const text = `User: arn:aws:sts::111122223333:assumed-role/${role}/s is not authorized to perform: ${action} on resource: ${quoted ? `"${resource}"` : resource} because no identity-based policy allows the ${action} action`;
          expect(parseDenial(text)).toMatchObject({ role, action, resource, reason: 'identity' });
        },
      ),
    );
  });
});
