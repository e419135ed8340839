export * from './authorizer.ts';
export * from './aws-error.ts';
export * from './credential-store.ts';
export * from './credentials.ts';
export * from './http-service.ts';
export * from './principal.ts';
export * from './service.ts';
export * from './sigv4.ts';
export { parseQuery, uriEncode } from './sigv4-canonical.ts';
