import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  deploymentNames,
  isStage,
  JOURNAL_TABLE_NAME,
  QUEUE_NAMES,
  UNDELIVERED_QUEUE_NAMES,
  type DeploymentNames,
} from './index.ts';

const stages = fc.stringMatching(/^[a-z][a-z0-9]{0,11}$/).filter(isStage);

/** Everything that has a name of its own in an account, by what kind of thing it is. */
function namesIn(names: DeploymentNames): readonly string[] {
  return [
    ...Object.values(names.queues),
    ...Object.values(names.undeliveredQueues),
    names.firstLoginsQueue,
    ...Object.values(names.rules).map((name) => `rule ${name}`),
    ...Object.values(names.provisionerFunctions).map((name) => `function ${name}`),
    ...Object.values(names.roles).map((name) => `role ${name}`),
    `table ${names.journalTable}`,
    `policy ${names.iotPolicy}`,
    `topics ${names.topicNamespace}`,
    `bucket ${names.bucket('111122223333', 'us-east-1')}`,
  ];
}

describe('the names of a deployment', () => {
  it('without a stage are those that services have as defaults', () => {
    const names = deploymentNames();
    expect(names.queues).toEqual(QUEUE_NAMES);
    expect(names.undeliveredQueues).toEqual(UNDELIVERED_QUEUE_NAMES);
    expect(names.journalTable).toBe(JOURNAL_TABLE_NAME);
    expect(names.roles.authenticated).toBe('stepcast-authenticated');
  });

  it('of two stages have none in common, nor with one that has no stage', () => {
    fc.assert(
      fc.property(stages, fc.option(stages, { nil: undefined }), (one, other) => {
        fc.pre(one !== other);
        const mine = namesIn(deploymentNames({ stage: one, region: 'us-east-1' }));
        const theirs = new Set(namesIn(deploymentNames({ stage: other, region: 'us-east-1' })));
        expect(mine.filter((name) => theirs.has(name))).toEqual([]);
      }),
    );
  });

  it('of a stage are out of reach of rights on what another stage is named', () => {
    fc.assert(
      fc.property(stages, stages, (one, other) => {
        fc.pre(one !== other);
        const reach = `${deploymentNames({ stage: one }).prefix}-`;
        const queues = Object.values(deploymentNames({ stage: other }).queues);
        expect(queues.filter((name) => name.startsWith(reach))).toEqual([]);
        expect(Object.values(QUEUE_NAMES).filter((name) => name.startsWith(reach))).toEqual([]);
      }),
    );
  });

  it('of roles differ between regions', () => {
    expect(deploymentNames({ stage: 'dev', region: 'us-east-1' }).role('engine')).toBe(
      'stepcast-dev-engine-us-east-1',
    );
    expect(deploymentNames({ stage: 'dev', region: 'eu-west-1' }).role('engine')).not.toBe(
      deploymentNames({ stage: 'dev', region: 'us-east-1' }).role('engine'),
    );
  });

  it('fit AWS’s limits with the longest stage and region', () => {
    const region = 'us-isof-south-1';
    const names = deploymentNames({ stage: 'a23456789012', region });
    expect(names.roleOf(names.provisionerFunctions.reconcile).length).toBeLessThanOrEqual(64);
    expect(names.bucket('111122223333', region).length).toBeLessThanOrEqual(63);
  });

  it.each(['', 'Dev', 'dev-two', '2nd', 'a234567890123', 'dev*', 'provisioner', 'uploads'])(
    'take no stage %j',
    (stage) => {
      expect(isStage(stage)).toBe(false);
    },
  );
});
