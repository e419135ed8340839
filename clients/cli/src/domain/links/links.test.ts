import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../diagnose.ts';
import { unavailable, type Chain } from '../evidence.ts';
import { allLinks } from './index.ts';
import { healthyChain, healthySetup, judge, NOW_MS } from '../../testing/fixtures.ts';

const links = allLinks(() => NOW_MS);

describe('the chain', () => {
  it.each(links.filter((link) => link.id !== 's3.probe').map(({ id }) => id))(
    '%s holds in a healthy deployment',
    (id) => {
      expect(judge(id)).toMatchObject({ verdict: 'pass', severity: 'none', repair: [], fixes: [] });
    },
  );

  it('has a broken deployment for every link, in the tests beside this one', async () => {
    const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.test.ts'));
    const texts = await Promise.all(names.map((name) => readFile(join(import.meta.dirname, name), 'utf8')));
    const broken = new Set(
      texts.flatMap((text) => [...text.matchAll(/expectBroken\(\s*'([\w.]+)'/g)].map(([, id]) => id)),
    );
    expect(links.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([]);
  });

  it('has no two links of one name', () => {
    expect(new Set(links.map(({ id }) => id)).size).toBe(links.length);
  });

  it('never fails, warns or passes a link for evidence that could not be had', () => {
    const gap = unavailable('AWS could not be reached');
    const nothing: Chain = {
      caller: gap,
      identityPool: gap,
      poolIdIsIdentity: gap,
      identityPools: gap,
      poolRoles: gap,
      roles: new Map(),
      userPool: gap,
      userPoolClient: gap,
      iotPolicy: gap,
      attachedPolicies: gap,
      iotVerdicts: gap,
      iotEndpoint: gap,
      bucketPolicy: gap,
      bucketCors: gap,
      bucketEvents: gap,
      prefixLevels: gap,
      prefixProbe: gap,
      stateMachine: gap,
      recentInputs: gap,
      logGroup: gap,
      logResourcePolicies: gap,
      subscriptionFilters: gap,
      queues: new Map(),
      sso: {
        profiles: gap,
        profile: gap,
        login: gap,
        otherLogins: gap,
        accounts: gap,
        roleNames: gap,
        credentials: gap,
      },
      stack: gap,
      settingsFiles: [{ path: 'app/.env', entries: gap }],
      templates: [{ path: 'template.yaml', document: gap }],
    };
    const { results } = diagnose(links, healthySetup, nothing);
    const judged = results.filter(({ verdict }) => verdict !== 'couldNotCheck').map(({ link }) => link);
    // The region stands in the IDs themselves.
    expect(judged).toEqual(['pool.region']);
  });

  it('says of every link that is left out why', () => {
    const { skipped } = diagnose(
      links,
      { ...healthySetup, bucket: undefined, kvs: undefined, profile: undefined, stateMachineArn: undefined },
      healthyChain,
    );
    expect(skipped.map(({ link }) => link)).toEqual(
      expect.arrayContaining(['s3.cors', 'kvs.actions', 'sso.profile', 'workflow.logLevel']),
    );
    for (const { reason } of skipped) expect(reason).not.toBe('');
  });
});
