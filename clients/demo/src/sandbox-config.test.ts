import { describe, expect, it } from 'vitest';
import { parseSandboxConfig } from './sandbox-config.ts';

const usable = {
  region: 'us-east-1',
  accountId: '111122223333',
  identityPoolId: 'us-east-1:11111111-2222-4333-8444-555555555555',
  userPoolId: 'us-east-1_Sandbox01',
  userPoolClientId: 'client',
  users: [{ username: 'alice', password: 'a' }],
  bucket: 'uploads',
  keyTemplate: 'users/{identityId}/…',
  topicNamespace: 'stepcast/v1',
  guests: false,
  workflow: { name: 'Photo pipeline', about: '', accept: 'image/*', isExample: true, outline: null },
  endpoints: {
    cognitoIdp: 'http://127.0.0.1:4200/',
    cognitoIdentity: 'http://127.0.0.1:4200/',
    s3: 'http://127.0.0.1:4200/',
    mqttWss: 'ws://127.0.0.1:4200/mqtt',
    provisioner: 'http://127.0.0.1:4200/v1/provision',
  },
};

describe('parseSandboxConfig', () => {
  it('reads what the page needs', () => {
    expect(parseSandboxConfig(JSON.stringify(usable))).toMatchObject({ bucket: 'uploads' });
  });

  it('names the field that is missing or wrong', () => {
    const broken = { ...usable, users: [], endpoints: { ...usable.endpoints, s3: 'nowhere' } };
    expect(() => parseSandboxConfig(JSON.stringify(broken))).toThrow(/\$\.users: .*\$\.endpoints\.s3: /);
    expect(() => parseSandboxConfig('<html>')).toThrow('/sandbox.json is not usable: $: not JSON');
  });
});
