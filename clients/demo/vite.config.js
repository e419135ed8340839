import { join } from 'node:path';
import { defineConfig } from 'vite';
import { precompress } from '../packaging/precompress.js';
import { contractPlugin } from './contract-plugin.js';

/** The page is served from the root of the sandbox's address. Workspaces are taken from source, as everywhere. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['stepcast-source', 'module', 'browser', 'production', 'default'] },
  plugins: [contractPlugin(), precompress()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Inlined assets would need `data:` in the policy of index.html for more than thumbnails.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // AsyncAPI's renderer is that large; only the page of the contract loads it.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      // A slow machine is no fault of the build: `npm start` would print it before anything else.
      checks: { bundlerTimings: false },
      onLog(level, log, handle) {
        // `use client` means nothing here.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
      input: {
        index: join(import.meta.dirname, 'index.html'),
        contracts: join(import.meta.dirname, 'contracts/index.html'),
      },
    },
  },
});
