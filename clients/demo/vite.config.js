import { defineConfig } from 'vite';

/** The page is served from the root of the sandbox's address. Workspaces are taken from source, as everywhere. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['stepcast-source', 'module', 'browser', 'production', 'default'] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Inlined assets would need `data:` in the policy of index.html for more than thumbnails.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
