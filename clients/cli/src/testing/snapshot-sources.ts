import { known, notLookedUp, type Chain } from '../domain/evidence.ts';
import { RECENT_INPUTS } from './fixtures.ts';
import type { Repairs } from '../ports/repairs.port.ts';
import type { Sources } from '../ports/sources.port.ts';

/** Sources that answer from a snapshot, and repairs that change it. Only for tests. */
export function snapshotSources(initial: Chain): {
  readonly sources: Sources;
  readonly repairs: Repairs;
  readonly changes: readonly string[];
} {
  let chain = initial;
  const changes: string[] = [];
  const answer = <T>(pick: (from: Chain) => T) => Promise.resolve(pick(chain));
  return {
    changes,
    sources: {
      caller: { caller: () => answer((from) => from.caller) },
      identityPools: {
        pool: () => answer((from) => from.identityPool),
        isIdentity: () => answer((from) => from.poolIdIsIdentity),
        pools: () => answer((from) => from.identityPools),
        roles: () => answer((from) => from.poolRoles),
      },
      userPools: {
        userPool: () => answer((from) => from.userPool),
        client: () => answer((from) => from.userPoolClient),
      },
      roles: { role: (arn) => answer((from) => from.roles.get(arn) ?? notLookedUp) },
      iot: {
        policy: () => answer((from) => from.iotPolicy),
        attachedPolicies: () => answer((from) => from.attachedPolicies),
        verdicts: () => answer((from) => from.iotVerdicts),
        dataEndpoint: () => answer((from) => from.iotEndpoint),
      },
      buckets: {
        policy: () => answer((from) => from.bucketPolicy),
        cors: () => answer((from) => from.bucketCors),
        events: () => answer((from) => from.bucketEvents),
        levelsBelow: () => answer((from) => from.prefixLevels),
      },
      probes: { probe: () => answer((from) => from.prefixProbe) },
      stateMachines: {
        stateMachine: () => answer((from) => from.stateMachine),
        newestInputs: () => Promise.resolve(known(RECENT_INPUTS)),
      },
      logs: {
        logGroup: () => answer((from) => from.logGroup),
        resourcePolicies: () => answer((from) => from.logResourcePolicies),
        subscriptionFilters: () => answer((from) => from.subscriptionFilters),
      },
      queues: { queue: (name) => answer((from) => from.queues.get(name) ?? notLookedUp) },
      sso: { evidence: () => answer((from) => from.sso) },
      stacks: { stack: () => answer((from) => from.stack) },
      files: {
        settings: (path) =>
          answer(
            (from) => from.settingsFiles.find((file) => file.path === path) ?? { path, entries: notLookedUp },
          ),
        template: (path) =>
          answer(
            (from) => from.templates.find((file) => file.path === path) ?? { path, document: notLookedUp },
          ),
      },
    },
    repairs: {
      attachIotPolicy(policyName, identityId) {
        changes.push(`attached ${policyName} to ${identityId}`);
        chain = { ...chain, attachedPolicies: known([policyName]) };
        return Promise.resolve();
      },
      putCors(bucket, rules) {
        changes.push(`CORS of ${bucket}`);
        chain = { ...chain, bucketCors: known(rules) };
        return Promise.resolve();
      },
      setSetting(path, line, name, value) {
        changes.push(`${path}:${line} ${name}=${value}`);
        return Promise.resolve();
      },
    },
  };
}
