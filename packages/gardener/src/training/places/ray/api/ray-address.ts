import type { Settings } from '../../../../garden/settings/settings.js';
import { badAddress } from './ray-errors.js';

/** The settings that say where Ray is and how it is spoken to. */
export type RaySettings = Pick<Settings, 'rayAddress' | 'rayToken' | 'rayInsecure'>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The address as it may be used. Whoever reaches Ray's API of jobs runs commands on the cluster, and the token goes
 * with every request: so it is https, or this machine, unless told otherwise.
 * @throws GardenerError `training.ray-bad-address`
 */
export function rayUrl({ rayAddress, rayInsecure }: RaySettings): URL {
  if (!URL.canParse(rayAddress)) throw badAddress(rayAddress, 'it is no address');
  const url = new URL(rayAddress);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw badAddress(url.origin, 'it holds more than a host, a port and a path');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (LOOPBACK.test(url.hostname) || rayInsecure)))
    return url;
  if (url.protocol !== 'http:')
    throw badAddress(rayAddress, 'it begins neither with https:// nor with http://');
  throw badAddress(rayAddress, 'everybody on the way could read along, and submit jobs of their own');
}
