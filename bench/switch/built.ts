import type * as Source from '../../packages/gardener/src/chat/assistant.js';

// The built product: its child processes start as they do for a user, without compiling TypeScript first.
const built = new URL('../../packages/gardener/dist/chat/assistant.js', import.meta.url).href;
export const { Assistant } = (await import(built)) as typeof Source;
