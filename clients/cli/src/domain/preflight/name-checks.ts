import { JOURNAL_KEYS } from '@stepcast/wire';
import { fail, missing, pass, warn, worst, type Finding } from '../link.ts';
import type { AccountFacts, Plan, PreflightCheck } from './facts.ts';

/** The names of a stack that is there are its own. */
function isFirst({ stack }: AccountFacts): boolean {
  return stack.state === 'known' && !stack.value.found;
}

const bucketFree = ({ bucket }: AccountFacts, plan: Plan): Finding => {
  if (bucket.state === 'unavailable') return missing(bucket);
  if (bucket.value === 'free') return pass(`${plan.bucket} is free`);
  return fail({
    evidence: [
      bucket.value === 'ours'
        ? `the bucket ${plan.bucket} is there already, from an earlier deployment`
        : `the bucket ${plan.bucket} is somebody else’s, or in another region`,
    ],
    repair:
      bucket.value === 'ours'
        ? [`# "bucket": "${plan.bucket}" takes it up; or choose a "stage"`]
        : ['# choose a "stage", or name a bucket of yours in "bucket"'],
  });
};

export const namesFree: PreflightCheck = {
  id: 'deploy.names',
  title: 'The names are free, or the settings take up what has them',
  why: 'CloudFormation makes nothing under a name that is taken: the deployment would be rolled back.',
  check(plan, facts) {
    if (facts.stack.state === 'unavailable') return missing(facts.stack);
    if (!isFirst(facts)) return undefined;
    const findings: Finding[] = plan.settings.bucket === undefined ? [bucketFree(facts, plan)] : [];
    for (const { what, name, adoptedBy, there } of facts.made) {
      if (there.state === 'unavailable') findings.push(missing(there));
      else if (there.value.found)
        findings.push(
          fail({
            evidence: [`the ${what} ${name} is there already`],
            repair: [
              adoptedBy === undefined
                ? `# delete the ${what} ${name}, or choose another "stage"`
                : `# ${adoptedBy} takes it up; or choose another "stage"`,
            ],
          }),
        );
    }
    const bad = findings.filter(({ verdict }) => verdict !== 'pass');
    return bad.length === 0 ? pass(`all names of ${plan.names.prefix} are free`) : worst(bad);
  },
};

export const adopted: PreflightCheck = {
  id: 'deploy.adopted',
  title: 'What the settings take up is there, and fits',
  why: 'The stack builds on it: what is missing shows only when somebody uploads.',
  check(plan, facts) {
    const findings = [...data(plan, facts), ...people(plan, facts)];
    return findings.length === 0 ? undefined : worst(findings);
  },
};

function data({ settings }: Plan, { bucket, journalKeys }: AccountFacts): readonly Finding[] {
  const findings: Finding[] = [];
  if (settings.bucket !== undefined)
    findings.push(
      bucket.state === 'unavailable'
        ? missing(bucket)
        : bucket.value === 'ours'
          ? pass(`bucket ${settings.bucket}`)
          : fail({
              evidence: [
                bucket.value === 'free'
                  ? `there is no bucket ${settings.bucket}`
                  : `the bucket ${settings.bucket} cannot be reached: it is somebody else’s, or in another region`,
              ],
              repair: ['# name a bucket of this account and region, or leave "bucket" out'],
            }),
    );
  const { journalTable } = settings;
  if (journalTable === undefined) return findings;
  const wanted = [JOURNAL_KEYS.partition, JOURNAL_KEYS.sort];
  if (journalKeys.state === 'unavailable') return [...findings, missing(journalKeys)];
  const keys = journalKeys.value.found ? journalKeys.value.value : undefined;
  return [
    ...findings,
    keys?.join() === wanted.join()
      ? pass(`journal ${journalTable}`)
      : fail({
          evidence: [
            keys === undefined
              ? `there is no table ${journalTable}`
              : `the table ${journalTable} has the keys ${keys.join(', ')}, a journal has ${wanted.join(', ')}`,
          ],
          repair: ['# leave "journalTable" out, and the stack makes one'],
        }),
  ];
}

function people({ settings }: Plan, facts: AccountFacts): readonly Finding[] {
  const { userPool, identityPool } = settings;
  const findings: Finding[] = [];
  const { userPoolClient: client, identityPool: pool } = facts;
  if (userPool !== undefined && client !== undefined)
    findings.push(
      client.state === 'unavailable'
        ? missing(client)
        : !client.value.found
          ? fail({
              evidence: [`${userPool.userPoolId} has no client ${userPool.userPoolClientId}`],
              repair: ['# look at userPool'],
            })
          : client.value.value.hasSecret
            ? fail({
                evidence: [`the client ${userPool.userPoolClientId} has a secret, which a page cannot keep`],
                repair: ['# make a client without a secret'],
              })
            : pass(`client ${userPool.userPoolClientId}`),
    );
  if (identityPool !== undefined && pool !== undefined) {
    const { identityPoolId } = identityPool;
    if (pool.state === 'unavailable') findings.push(missing(pool));
    else if (!pool.value.found)
      findings.push(
        fail({
          evidence: [`there is no identity pool ${identityPoolId}`],
          repair: ['# look at identityPool'],
        }),
      );
    else if (!pool.value.value.providers.some(({ clientId }) => clientId === userPool?.userPoolClientId))
      findings.push(
        fail({
          evidence: [`${identityPoolId} takes no tokens of the client ${userPool?.userPoolClientId ?? ''}`],
          repair: ['# name the client that the identity pool has as its provider'],
        }),
      );
    else findings.push(pass(`identity pool ${identityPoolId}`));
  }
  for (const [name, role] of facts.existingRoles)
    findings.push(
      role.state === 'unavailable'
        ? missing(role)
        : role.value.found
          ? pass(`role ${name}`)
          : fail({ evidence: [`there is no role ${name}`], repair: ['# name the role that the pool gives'] }),
    );
  return findings;
}

export const protection: PreflightCheck = {
  id: 'deploy.protection',
  title: 'A deployment that fails can be rolled back',
  why: 'CloudFormation cannot delete what is protected: a first deployment that fails ends in ROLLBACK_FAILED.',
  check({ settings }, facts) {
    if (settings.deletionProtection !== true || !isFirst(facts)) return undefined;
    return warn({
      evidence: ['"deletionProtection" is on, and the stack is new'],
      repair: ['# switch it on once the first deployment has succeeded'],
    });
  },
};
