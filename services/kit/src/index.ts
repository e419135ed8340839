/** What every service needs, and no domain word. */
export * from './backoff.ts';
export * from './clock.ts';
export * from './config.ts';
export * from './digest.ts';
export * from './errors.ts';
export * from './http-server.ts';
export * from './lifecycle.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './queue.ts';
export * from './run-service.ts';
export * from './sqs-queue.adapter.ts';
export * from './token-bucket.ts';
