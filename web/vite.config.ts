import { defineConfig } from 'vite'

// The built page is embedded into the Go binary, see web.go. Nothing is inlined
// as data: URLs, so that the page's content security policy can stay strict.
// public/.gitkeep puts back the one file of dist/ that is committed.
export default defineConfig({
  root: 'app',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: {
    proxy: { '/v1': process.env['PARLEY_URL'] ?? 'http://127.0.0.1:8080' },
  },
})
