// In a packed Gardener, this stands where its dependencies look for their native parts: they lie in native/<platform>
// beside the program, or in the optional package of the platform.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GardenerError } from '../../../packages/gardener/src/garden/errors/garden-error.js';

const platform = `${process.platform}-${process.arch}`;

/**
 * The folder with one dependency's native parts: `lancedb`, `llama` or `onnxruntime`.
 * @throws GardenerError `garden.no-native-parts` where they were not installed
 */
export function nativeFolder(dependency: string): string {
  const folder = join(partsOfPlatform(), dependency);
  if (existsSync(folder)) return folder;
  throw missing(`${folder} is not there`);
}

/** The addon in that folder, for `require`. @throws GardenerError `garden.no-native-parts` */
export function nativeAddon(dependency: string): string {
  const folder = nativeFolder(dependency);
  const addon = readdirSync(folder).find((name) => name.endsWith('.node'));
  if (addon === undefined) throw missing(`no addon lies in ${folder}`);
  return join(folder, addon);
}

function partsOfPlatform(): string {
  const beside = join(dirname(fileURLToPath(import.meta.url)), '..', 'native', platform);
  if (existsSync(beside)) return beside;
  try {
    const name = `@codebase-gardener/native-${platform}/package.json`;
    return dirname(createRequire(import.meta.url).resolve(name));
  } catch (error) {
    throw missing(String(error), error);
  }
}

function missing(reason: string, cause?: unknown): GardenerError {
  return new GardenerError(
    'garden.no-native-parts',
    `Gardener was installed without the native parts of ${platform}.`,
    {
      remedy:
        'Install it again for this platform, with optional dependencies; there are builds for linux-x64, linux-arm64, darwin-arm64 and win32-x64.',
      details: { reason },
      cause,
    },
  );
}
