import { inject } from 'vitest';

/**
 * Whether this is the long form, `npm run test:properties`: all cases, all appearances of a page, and pictures of them. `npm test` takes
 * those that differ most.
 */
export const IS_LONG = inject('propertyRuns') !== undefined;
