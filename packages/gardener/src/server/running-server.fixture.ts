import { inject } from 'vitest';
import { type GardenWithProjects, makeGardenWithProjects } from '../chat/garden-with-projects.fixture.js';
import { type GardenServer, startServer } from './serve.js';

/** A server with the default models and two projects, `p0` and `p1`, on a free port. */
export interface RunningServer {
  garden: GardenWithProjects;
  server: GardenServer;
  stop(): Promise<void>;
}

export async function startTestServer(): Promise<RunningServer> {
  const models = {
    baseModelFile: inject('baseModelFile'),
    embeddingModelDirectory: inject('embeddingModelDirectory'),
  };
  const garden = await makeGardenWithProjects(models, 2);
  const server = await startServer(garden.garden, { version: '0.0.0', port: 0 });
  const stop = async () => {
    await server.close();
    await garden.remove();
  };
  return { garden, server, stop };
}
