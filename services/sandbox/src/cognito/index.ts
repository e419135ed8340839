/** Cognito: a user pool that signs people in, and an identity pool that gives them an identity and credentials. */
export { createIdentityPool, type IdentityPool, type IdentityPoolOptions } from './identity-pool.ts';
export { userPoolLogins, type LoginProvider, type ProvenLogin } from './login-verifier.ts';
export type { PoolRoles } from './pool-roles.ts';
export type { TokenLifetimes } from './tokens.ts';
export type { UserPoolUser } from './accounts.ts';
export { createUserPool, type UserPool, type UserPoolOptions } from './user-pool.ts';
export { storedSigningKey } from './stored-signing-key.ts';
