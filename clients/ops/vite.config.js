import { defineConfig } from 'vite';
import { precompress } from '../packaging/precompress.js';

/** The page is served below `/ops/` of the address of its API. Workspaces are taken from source, as everywhere. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/ops/',
  resolve: { conditions: ['stepcast-source', 'module', 'browser', 'production', 'default'] },
  plugins: [precompress()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Inlined assets would need `data:` in the policy of index.html.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // A slow machine is no fault of the build: `npm start` would print it before anything else.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
});
