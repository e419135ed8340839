import type { Plan } from './facts.ts';

/** Queues that a deployment makes; a test compares with the templates. */
export function queueNamesOf({ names, settings: { size, firstLogins } }: Plan): readonly string[] {
  return [
    ...Object.entries(names.queues).flatMap(([role, name]) =>
      role === 'progress' && size === 'small' ? [] : [name],
    ),
    ...Object.values(names.undeliveredQueues),
    ...(firstLogins === true ? [names.firstLoginsQueue] : []),
  ];
}

/** Roles that a deployment makes: of people, unless the pool keeps its own, and of what runs. A test compares with the templates. */
export function roleNamesOf({ names, settings }: Plan): readonly string[] {
  const { size, guests, kvs, identityPool, firstLogins, signedProvisioning, reconcileMinutes } = settings;
  const { byToken, reconcile, firstLogins: logins } = names.provisionerFunctions;
  const mapped = [kvs?.speakerRoleName, kvs?.listenerRoleName].filter((name) => name !== undefined);
  const functions = [
    byToken,
    ...(reconcileMinutes === 0 ? [] : [reconcile]),
    ...(firstLogins === true ? [logins] : []),
    ...(signedProvisioning === true ? [names.signedProvisioner] : []),
  ];
  return [
    ...(identityPool?.authenticatedRoleName === undefined
      ? [
          names.roles.authenticated,
          ...(guests === true ? [names.roles.guest] : []),
          ...mapped.map((name) => names.roleOf(name)),
        ]
      : []),
    ...(size === 'small' ? ['engine'] : ['correlator', 'publisher']).map((what) => names.role(what)),
    ...['forwarder', 'task-execution'].map((what) => names.role(what)),
    ...functions.map((name) => names.roleOf(name)),
  ];
}
