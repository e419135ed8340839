import type { PolicyDocument } from '@stepcast/policies';
import { AUTHENTICATED, built, role, withRoles } from './fixtures.ts';
import { policy } from './documents.ts';

/** A chain whose role of signed-in people has this document only. */
export const withDocument = (document: unknown, name = 'stepcast-authenticated') => ({
  roles: withRoles(role(AUTHENTICATED, built.authenticated.trust, [{ name, document }])),
});
/** The shipped document of that role without some of its statements. */
export const without = (...sids: readonly string[]): PolicyDocument =>
  policy(...built.authenticated.document.Statement.filter(({ Sid = '' }) => !sids.includes(Sid)));
