import { GardenPaths } from '../../garden/files/paths.js';
import { ensureModel } from './ensure-model.js';

// One of two processes that want the same model at once: data directory, model, hub.
const [root = '', id = '', hub = ''] = process.argv.slice(2);
const model = await ensureModel(new GardenPaths(root), id, { hub });
process.stdout.write(model.weights);
