import fc from 'fast-check';

/** How often and from which seed is said for all properties at once. */
export async function assertProperty<Ts>(
  _name: string,
  _usual: number,
  property: fc.IAsyncProperty<Ts> | fc.IProperty<Ts>,
): Promise<void> {
  await fc.assert(property);
}
