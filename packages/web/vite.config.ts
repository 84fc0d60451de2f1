import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The build goes to where `gardener serve` looks for it. `npm run dev -w packages/web` passes
// requests on to a running server.
const server = process.env.GARDENER_SERVER ?? 'http://127.0.0.1:4747';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../gardener/dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // light-dark() as it is written: each of these knows it.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: address in a style sheet would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': server, '/health': server } },
});
