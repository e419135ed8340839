/** Jest's global teardown: removes what `pack.js` has made. */
export default async function remove() {
  await globalThis.removeTarballs?.();
}
