/**
 * What runs on Fargate. `small`: one engine. `large`: correlator and publisher apart, each with as many copies as its queue asks
 * for. Forwarder and provisioner are functions in both.
 */
export type Size = 'small' | 'large';

/** How many copies run: always the same, or between two bounds as the queue asks for. */
export type Copies = number | { readonly min: number; readonly max: number };

export const mostOf = (copies: Copies): number => (typeof copies === 'number' ? copies : copies.max);
