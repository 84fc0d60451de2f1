import { computingProcess } from '@codebase-gardener/lora/process';

/**
 * Environment for a process that updates an index. LanceDB's threads each fill a glibc arena of their own, of which
 * little is ever handed back: with two arenas an index of a million lines takes 0.5 GB instead of 0.9. What a computing
 * parent was told to keep is not kept here.
 * @param environment what the process would get otherwise. Defaults to this process's
 */
export function indexingEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const { GLIBC_TUNABLES: tunables, ...rest } = environment;
  const isOurs = tunables === computingProcess({}).env.GLIBC_TUNABLES;
  return {
    MALLOC_ARENA_MAX: '2',
    ...rest,
    ...(tunables === undefined || isOurs ? {} : { GLIBC_TUNABLES: tunables }),
  };
}
