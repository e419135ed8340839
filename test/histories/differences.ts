/** Where moto's history is another one, by the name of the sample, and what decides. */
export const differences: Readonly<Record<string, string>> = {};
