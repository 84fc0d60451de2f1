import type { PlaceName } from '../../garden/settings/settings.js';
import { engineOf } from '../engines/engine-of.js';
import type { Place } from './place.js';
import { type RayGarden, rayPlace } from './ray/ray-place.js';

/** The place of a name. `local` is this process and its children. */
export function placeOf(name: PlaceName, garden: RayGarden): Place {
  if (name === 'ray') return rayPlace(garden);
  return {
    name,
    train: (engine, directory, opened, signal) => engineOf(engine, garden).run(directory, opened, signal),
  };
}
