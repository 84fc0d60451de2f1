import { opendir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GardenerError } from '../../garden/errors/garden-error.js';

/**
 * Whether `root` can be walked; gives its real path.
 * @throws GardenerError `codebase.path-missing`, `codebase.not-a-directory`,
 * `codebase.unreadable`, `codebase.bare-repository`.
 */
export async function checkRoot(root: string): Promise<string> {
  try {
    const real = await realpath(root);
    if (!(await stat(real)).isDirectory()) {
      throw new GardenerError('codebase.not-a-directory', `${root} is not a directory.`, {
        remedy: 'give the folder that holds the code, not a file in it',
        details: { path: root },
      });
    }
    const folder = await opendir(real);
    await folder.close();
    if (await isGitDirectory(real)) {
      throw new GardenerError(
        'codebase.bare-repository',
        `${root} is a git repository without its files (a bare one, or a .git folder).`,
        { remedy: `give a checkout of it: git clone ${JSON.stringify(real)}`, details: { path: root } },
      );
    }
    return real;
  } catch (error) {
    if (GardenerError.isInstance(error)) throw error;
    throw explainRootFailure(root, error);
  }
}

/** What git itself goes by: HEAD, objects and refs side by side. */
async function isGitDirectory(folder: string): Promise<boolean> {
  const [head, objects, refs] = await Promise.all(
    ['HEAD', 'objects', 'refs'].map((name) => stat(join(folder, name)).catch(() => null)),
  );
  return head?.isFile() === true && objects?.isDirectory() === true && refs?.isDirectory() === true;
}

function explainRootFailure(root: string, error: unknown): GardenerError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new GardenerError(
      'codebase.path-missing',
      `There is nothing at ${root === '' ? 'an empty path' : root}.`,
      {
        remedy: 'check the spelling of the path; a relative path starts at the current folder',
        details: { path: root },
        cause: error,
      },
    );
  }
  return new GardenerError('codebase.unreadable', `The folder ${root} cannot be read (${code ?? error}).`, {
    remedy: `give yourself permission to read it, for example: chmod -R u+rX ${JSON.stringify(root)}`,
    details: { path: root },
    cause: error,
  });
}
