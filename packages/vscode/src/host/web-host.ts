import type { Host } from './host.js';

/** In a browser: servers are reached, none is looked for or started. */
export const webHost: Host = {
  origin: globalThis.origin,
  runningServer: async () => null,
  startServer: null,
  realPath: async () => null,
};
