/** A repository of the public benchmark of code search: which commit, and which folder of it is searched. */
export interface Repository {
  /** Name of its file of questions, without .json, and of its folder among the checkouts. */
  name: string;
  /** Owner and name on GitHub. */
  repository: string;
  commit: string;
  /** The folder that is searched; '.' is all. */
  folder: string;
  language: string;
  /** Weights are chosen on one half; only the other half is a result. */
  use: 'choose' | 'report';
}

/**
 * The ten, by name; every other one chooses, beginning with the first. The halves were named and committed before any
 * figure of this benchmark was seen.
 */
export const REPOSITORIES: readonly Repository[] = [
  {
    name: 'abseil-cpp',
    repository: 'abseil/abseil-cpp',
    commit: 'b9536c952c6f6bbcb37a5edb4fa88ee62d27cd7e',
    folder: 'absl',
    language: 'cpp',
    use: 'choose',
  },
  {
    name: 'aiohttp',
    repository: 'aio-libs/aiohttp',
    commit: 'fc67cfdfd7d4bbf53ef76515fae69726626fe256',
    folder: 'aiohttp',
    language: 'python',
    use: 'report',
  },
  {
    name: 'alamofire',
    repository: 'Alamofire/Alamofire',
    commit: 'e938f8c66708e7352fc7e3512647fa54255b267a',
    folder: 'Source',
    language: 'swift',
    use: 'choose',
  },
  {
    name: 'axum',
    repository: 'tokio-rs/axum',
    commit: '309d1bd9530eec2217134cb262760af1df42ee3b',
    folder: 'axum/src',
    language: 'rust',
    use: 'report',
  },
  {
    name: 'cobra',
    repository: 'spf13/cobra',
    commit: '61968e893eee2f27696c2fbc8e34fa5c4afaf7c4',
    folder: '.',
    language: 'go',
    use: 'choose',
  },
  {
    name: 'exposed',
    repository: 'JetBrains/Exposed',
    commit: '7c80ed943b529f293b33ee7e0facdfd880cf4aec',
    folder: 'exposed-core/src/main/kotlin',
    language: 'kotlin',
    use: 'report',
  },
  {
    name: 'gin',
    repository: 'gin-gonic/gin',
    commit: 'd3ffc9985281dcf4d3bef604cce4e662b1a327a6',
    folder: '.',
    language: 'go',
    use: 'choose',
  },
  {
    name: 'pydantic',
    repository: 'pydantic/pydantic',
    commit: '82c15f0ba8a9f8d8d6ba595df73ad20e2ee2eccf',
    folder: 'pydantic',
    language: 'python',
    use: 'report',
  },
  {
    name: 'trpc',
    repository: 'trpc/trpc',
    commit: 'c188dab0822caf3615199e4ac95147bc7560d26f',
    folder: 'packages/server/src',
    language: 'typescript',
    use: 'choose',
  },
  {
    name: 'zod',
    repository: 'colinhacks/zod',
    commit: 'c7805073fef5b6b8857307c3d4b3597a70613bc2',
    folder: 'packages/zod/src',
    language: 'typescript',
    use: 'report',
  },
];
