import { Option } from 'commander';
import { PLACE_NAMES, type PlaceName } from '../../garden/settings/settings.js';
import type { Session } from '../session/session.js';

/** `--place` of the commands that train. */
export function placeOption(): Option {
  return new Option(
    '--place <place>',
    'where it trains (default: the setting place); ray is the cluster at the setting rayAddress',
  ).choices(PLACE_NAMES);
}

/**
 * The place that is to train: the one given, else the setting's.
 * @throws GardenerError `training.ray-*` where it is Ray, and Ray does not answer as it should
 */
export async function choosePlace({ garden }: Session, given: PlaceName | undefined): Promise<PlaceName> {
  const place = given ?? garden.settings.place;
  if (place !== 'ray') return place;
  const { RayApi } = await import('../../training/places/ray/api/ray-api.js');
  await new RayApi(garden.settings).version();
  return place;
}
