import { describe, expect, it } from 'vitest';
import { readAdminCommand } from './admin-command.ts';

const identity = 'us-east-1:1f0e2d3c-4b5a-c6d7-8e9f-0a1b2c3d4e5f';
const role = 'arn:aws:iam::111122223333:role/stepcast-speaker';

describe('the administration command', () => {
  it('reads each command', () => {
    expect(readAdminCommand(['reconcile'])).toEqual({ name: 'reconcile', sweepAll: false });
    expect(readAdminCommand(['reconcile', '--sweep-all'])).toEqual({ name: 'reconcile', sweepAll: true });
    expect(readAdminCommand(['deprovision', identity, 'tab1', 'tab2'])).toEqual({
      name: 'deprovision',
      identityId: identity,
      sessions: ['tab1', 'tab2'],
    });
    expect(
      readAdminCommand(['kvs-roles', '--listener', `listeners=${role}`, '--speaker', `speakers=${role}`]),
    ).toEqual({
      name: 'kvs-roles',
      groups: [
        { group: 'speakers', roleArn: role },
        { group: 'listeners', roleArn: role },
      ],
    });
    expect(readAdminCommand(['--help'])).toEqual({ name: 'help' });
  });

  it.each<[readonly string[], RegExp]>([
    [[], /no command was given/],
    [['sweep'], /no command "sweep"/],
    [['reconcile', 'everything'], /no command "reconcile everything"/],
    [['reconcile', '--all'], /--all/],
    [['deprovision'], /not an identity ID/],
    [['deprovision', '34b8d4a8-30a1-70c2-9f51-6f2f0c4a7b9e'], /not an identity ID/],
    [['deprovision', identity, 'a/b'], /not a session/],
    [['kvs-roles'], /--speaker or --listener/],
    [['kvs-roles', '--speaker', 'speakers'], /GROUP=ROLE_ARN/],
    [['kvs-roles', '--speaker', 'speakers=stepcast-speaker'], /GROUP=ROLE_ARN/],
    [['kvs-roles', '--speaker', `=${role}`], /GROUP=ROLE_ARN/],
  ])('refuses %j and says what to write', (argv, message) => {
    expect(() => readAdminCommand(argv)).toThrow(message);
  });
});
