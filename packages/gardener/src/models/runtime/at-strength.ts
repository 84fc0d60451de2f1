import type { GenerationRuntime } from './runtime.js';

/** A runtime whose adapters have this strength in every call that names none of its own. */
export function atStrength(runtime: GenerationRuntime, strength: number): GenerationRuntime {
  const scaled = <Request>(request: Request): Request => ({ adapterStrength: strength, ...request });
  return {
    get contextTokens() {
      return runtime.contextTokens;
    },
    prepare: (request) => runtime.prepare(scaled(request)),
    generate: (request) => runtime.generate(scaled(request)),
    complete: (request) => runtime.complete(scaled(request)),
    score: (request) => runtime.score(scaled(request)),
    countTokens: (text) => runtime.countTokens(text),
    state: () => runtime.state(),
    dispose: () => runtime.dispose(),
  };
}
