/**
 * Names that both integrators and services use. Each exists once, here.
 */

/** Where the identity stands in the object key. The correlator trusts the prefix only because IAM pins it. */
export const DEFAULT_KEY_TEMPLATE = 'users/{identityId}/';

/** Path of the provisioner. */
export const PROVISION_PATH = '/v1/provision';
/** Path on which the provisioner says what a guest can do. */
export const GUESTS_PATH = '/v1/guests';
