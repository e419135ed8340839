export * from './authorizer.ts';
export * from './aws-error.ts';
export * from './credentials.ts';
export * from './principal.ts';
export * from './service.ts';
