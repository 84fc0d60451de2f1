import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { repository } from './repository.js';
import { ABSENT, llamaBuilds, llamaFacts, PATCHES, type Patch } from './upstream-patches.js';

const gardener = join(repository, 'packages', 'gardener', 'src');
const llama = join(repository, 'node_modules', 'node-llama-cpp');
const packed = (file: string) => join(repository, 'scripts', 'release', 'packed', file);

/**
 * Bundles the program: one file for each process that is started, and what they share, all in one folder. Names are
 * kept, so that a stack trace in a log can be read.
 * @param folder where the files go
 * @returns the modules that are in it, as paths from the repository
 * @throws Error where a module of others is not what a patch expects, or a file is looked for beside a module
 */
export async function bundleProgram(folder: string): Promise<string[]> {
  const children = readdirSync(gardener, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('-child.ts'),
  );
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [
      { in: join(gardener, 'cli', 'main.ts'), out: 'main' },
      { in: join(llama, 'dist', 'bindings', 'utils', 'testBindingBinary.js'), out: 'testBindingBinary' },
      ...children.map((file) => ({ in: join(gardener, file), out: basename(file, '.ts') })),
    ],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['source'],
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
    banner: {
      js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);",
    },
    plugins: [ownFiles(), filesOfOthers()],
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

/** The modules that the built web UI is made of, as paths from the repository. */
export async function modulesOfWeb(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [join(repository, 'packages', 'web', 'src', 'main.tsx')],
    outdir: 'unwritten',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    metafile: true,
    logLevel: 'error',
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

/** Our own modules name files beside them; in the bundle all entries lie in one folder, below the package's. */
function ownFiles(): Plugin {
  return {
    name: 'own-files',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^gardener:native-parts$/ }, () => ({ path: packed('native-parts.ts') }));
      onResolve({ filter: /\/grammar-file\.js$/ }, () => ({ path: packed('grammar-file.ts') }));
      onLoad({ filter: /packages[\\/](?:gardener|lora)[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace(
          // Not in comments.
          /^((?!\s*(?:\/?\*|\/\/)).*new URL\()'([^']+)', import\.meta\.url\)/gm,
          (_, before: string, file: string) => `${before}'${placeInBundle(file, path)}', import.meta.url)`,
        );
        return { contents, loader: 'ts' };
      });
    },
  };
}

function placeInBundle(file: string, module: string): string {
  const name = posix.basename(file);
  if (name.endsWith('-child.js')) return `./${name}`;
  if (name === 'package.json' || name === 'CHANGELOG.md') return `../${name}`;
  if (file.endsWith('/dist/web')) return './web';
  throw new Error(`${module} names ${file}, which has no place in the bundle`);
}

/** The patches of upstream-patches.ts. */
function filesOfOthers(): Plugin {
  const { version } = readJson(join(llama, 'package.json'));
  const { release } = readJson(join(llama, 'llama', 'binariesGithubRelease.json'));
  const patches = [...PATCHES, ...llamaFacts(String(version), String(release))];
  return {
    name: 'files-of-others',
    setup({ onLoad, onResolve, onEnd }) {
      const absent = new RegExp(`^(?:${ABSENT.join('|')})$`);
      onResolve({ filter: absent }, ({ path }) => ({ path, namespace: 'absent' }));
      onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
      onResolve({ filter: /^@node-llama-cpp\// }, () => ({ path: 'builds', namespace: 'llama' }));
      onLoad({ filter: /.*/, namespace: 'llama' }, () => ({
        contents: llamaBuilds(String(version)),
        resolveDir: repository,
      }));
      const unused = new Set(patches);
      onLoad({ filter: /node_modules[\\/].*\.js$/ }, ({ path }) => {
        const patch = patches.find(({ module }) => path.replaceAll('\\', '/').endsWith(`/${module}`));
        if (patch === undefined) return null;
        unused.delete(patch);
        return { contents: patched(patch, path) };
      });
      onEnd(() => ({
        errors: [...unused].map(({ module }) => ({
          text: `${module} is not in the bundle: its patch is spare`,
        })),
      }));
    },
  };
}

function patched({ find, replace }: Patch, path: string): string {
  if (find === null) return replace;
  const parts = readFileSync(path, 'utf8').split(find);
  if (parts.length !== 2) throw new Error(`${path} has changed: a patch expects ${find} in it, once`);
  return parts.join(replace);
}

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}
