/** Who put this program where it is. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun' | 'checkout';

/** Where this program lies, and how a newer one takes its place. */
export interface Installation {
  manager: Manager;
  /** Folder of the package. */
  folder: string;
  /** What to run; a path to a newer tarball may stand where the name stands. */
  updateCommands: string[];
}

const PACKAGE = 'codebase-gardener@latest';

/**
 * Tells from the place of the package who installed it: each manager keeps global packages in folders of its own.
 * @param folder of the package, with symbolic links resolved
 */
export function describeInstallation(folder: string): Installation {
  const path = folder.replaceAll('\\', '/').replace(/\/$/, '');
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (!parent.endsWith('/node_modules')) {
    return { manager: 'checkout', folder, updateCommands: ['git pull', 'npm ci'] };
  }
  if (parent.includes('/.pnpm/')) {
    const scope = /\/global\/[^/]+\/\.pnpm\//.test(parent) ? ' -g' : '';
    return { manager: 'pnpm', folder, updateCommands: [`pnpm add${scope} ${PACKAGE}`] };
  }
  if (parent.endsWith('/install/global/node_modules')) {
    return { manager: 'bun', folder, updateCommands: [`bun add -g ${PACKAGE}`] };
  }
  if (/\/yarn\/(?:data\/)?global\/node_modules$/i.test(parent)) {
    return { manager: 'yarn', folder, updateCommands: [`yarn global add ${PACKAGE}`] };
  }
  return { manager: 'npm', folder, updateCommands: [`npm install ${npmScope(parent)}${PACKAGE}`] };
}

/** A global prefix keeps packages in lib/node_modules, on Windows in npm/node_modules; a project beside its own. */
function npmScope(nodeModules: string): string {
  return /\/(?:lib|npm)\/node_modules$/.test(nodeModules) ? '-g ' : '';
}
