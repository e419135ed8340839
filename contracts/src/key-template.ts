import { IdentityId, looksLikeUserPoolSub } from './identifiers.ts';

/** What a key says of its owner. */
export type KeyOwner =
  | { readonly kind: 'identity'; readonly identityId: IdentityId }
  /** The key does not follow the template at all. */
  | { readonly kind: 'none' }
  /** A bare GUID stands where the identity ID belongs: the user-pool `sub` was used by mistake. */
  | { readonly kind: 'userPoolSub'; readonly found: string }
  /** Something else stands there. */
  | { readonly kind: 'malformed' };

/** Thrown for a key template without exactly one `{identityId}` level. Not retryable: it is configuration. */
export class KeyTemplateError extends Error {
  readonly code = 'CONTRACTS_KEY_TEMPLATE';
  readonly retryable = false;
  constructor(template: string) {
    super(
      `key template ${JSON.stringify(template)} is not usable: it must hold "{identityId}" once, as a whole path level ` +
        `ended by "/", for example "users/{identityId}/"`,
    );
    this.name = 'KeyTemplateError';
  }
}

export interface KeyTemplate {
  readonly template: string;
  /** The part of a key that belongs to one identity; everything it uploads starts with this. */
  prefixOf(identityId: IdentityId): string;
  /** The same with an IAM policy variable in the place of the identity. */
  policyPrefix(variable: string): string;
  /** Who owns a (decoded) key. */
  ownerOf(key: string): KeyOwner;
}

const placeholder = '{identityId}';

/**
 * Reads a template such as `users/{identityId}/…`; what follows the slash after the placeholder is free and ignored.
 * @throws KeyTemplateError
 */
export function keyTemplate(template: string): KeyTemplate {
  const [head, tail, ...more] = template.split(placeholder);
  if (
    head === undefined ||
    tail === undefined ||
    more.length > 0 ||
    !tail.startsWith('/') ||
    (head !== '' && !head.endsWith('/'))
  ) {
    throw new KeyTemplateError(template);
  }
  const prefix = (who: string) => `${head}${who}/`;
  return {
    template,
    prefixOf: prefix,
    policyPrefix: prefix,
    ownerOf(key) {
      if (!key.startsWith(head)) return { kind: 'none' };
      const [level, ...rest] = key.slice(head.length).split('/');
      if (level === undefined || rest.length === 0) return { kind: 'none' };
      const identityId = IdentityId.safeParse(level).data;
      if (identityId !== undefined) return { kind: 'identity', identityId };
      return looksLikeUserPoolSub(level) ? { kind: 'userPoolSub', found: level } : { kind: 'malformed' };
    },
  };
}
