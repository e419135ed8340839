import fc from 'fast-check';

/**
 * How many cases a property is tried with: `usual` in every test run, more when Jest is told so
 * (`--globals '{"propertyRuns":10000}'`, which also has the seed printed; `"propertySeed"` repeats a run).
 */
export async function assertProperty<Ts>(
  name: string,
  usual: number,
  property: fc.IAsyncProperty<Ts> | fc.IProperty<Ts>,
): Promise<void> {
  const asked: unknown = Reflect.get(globalThis, 'propertyRuns');
  const wanted: unknown = Reflect.get(globalThis, 'propertySeed');
  const seed = typeof wanted === 'number' ? wanted : Math.floor(Math.random() * 2 ** 31);
  const numRuns = typeof asked === 'number' ? asked : usual;
  await fc.assert(property, { numRuns, seed });
  if (typeof asked === 'number') process.stdout.write(`property "${name}": ${numRuns} cases, seed ${seed}\n`);
}
