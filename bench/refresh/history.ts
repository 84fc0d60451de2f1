import { execFileSync } from 'node:child_process';

/** The last commits of a repository's main line, one of which is checked out. */
export class History {
  private constructor(
    readonly root: string,
    /** Oldest first. */
    private readonly commits: readonly string[],
  ) {}

  /** Clones a repository, objects shared, and takes its last `count` commits. */
  static clone(repository: string, root: string, count: number): History {
    execFileSync('git', ['clone', '--quiet', '--shared', '--no-checkout', repository, root]);
    const listed = git(root, 'rev-list', '--first-parent', `--max-count=${count}`, 'HEAD');
    const commits = listed.split('\n').filter(Boolean).reverse();
    if (commits.length < count) throw new Error(`${repository} has ${commits.length} commits only`);
    return new History(root, commits);
  }

  get head(): string {
    return this.commits.at(-1) ?? '';
  }

  /** Checks out the commit of that number, from 0. */
  checkout(number: number): void {
    git(this.root, 'checkout', '--quiet', '--force', '--detach', this.#at(number));
  }

  /** Paths that the commits behind one, up to another, have left changed. */
  touched(from: number, to: number): string[] {
    const names = git(
      this.root,
      'diff',
      '--name-only',
      '-z',
      '--diff-filter=AM',
      this.#at(from),
      this.#at(to),
    );
    return names.split('\0').filter(Boolean);
  }

  #at(number: number): string {
    const commit = this.commits[number];
    if (commit === undefined) throw new Error(`there is no commit ${number}`);
    return commit;
  }
}

function git(root: string, ...command: string[]): string {
  return execFileSync('git', ['-c', 'core.hooksPath=/dev/null', ...command], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
}
