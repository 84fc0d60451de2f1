import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readableFolder } from '../../garden/codebase-path.js';
import { GardenerError } from '../../garden/errors/garden-error.js';

/**
 * Whether `root` can be walked; gives its real path.
 * @throws GardenerError `codebase.bare-repository`, and what `readableFolder` throws
 */
export async function checkRoot(root: string): Promise<string> {
  const real = await readableFolder(root);
  if (await isGitDirectory(real)) {
    throw new GardenerError(
      'codebase.bare-repository',
      `${root} is a git repository without its files (a bare one, or a .git folder).`,
      { remedy: `give a checkout of it: git clone ${JSON.stringify(real)}`, details: { path: root } },
    );
  }
  return real;
}

/** What git itself goes by: HEAD, objects and refs side by side. */
async function isGitDirectory(folder: string): Promise<boolean> {
  const [head, objects, refs] = await Promise.all(
    ['HEAD', 'objects', 'refs'].map((name) => stat(join(folder, name)).catch(() => null)),
  );
  return head?.isFile() === true && objects?.isDirectory() === true && refs?.isDirectory() === true;
}
