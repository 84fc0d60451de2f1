import { LoraError } from '../errors.js';
import { foldSums } from './fold-sums.js';
import type { Graph } from './graph.js';
import { pruneUnused } from './graph-passes.js';
import type { HostTensor } from './host-tensor.js';
import { writeModelFile } from './model-file.js';
import { encodeOnnx } from './onnx-encoding.js';
import { ort } from './onnx-runtime.js';
import { expandQuantized } from './operators/index.js';
import { verifyGraph } from './verify-graph.js';

/** How a session uses the machine. */
export interface SessionOptions {
  /** Threads of the session's pool. Defaults to the physical cores (ONNX Runtime's own choice). */
  threads?: number;
  /**
   * While a graph runs, threads wait for each other in a busy loop (between runs they sleep): some 7 % faster when
   * nothing else uses the cores, slower for everything else when something does. Defaults to false.
   */
  spinning?: boolean;
  /** Keep freed memory in an arena. Defaults to false. */
  arena?: boolean;
}

/** How a graph is loaded. */
export interface LoadOptions extends SessionOptions {
  /**
   * Inputs that get their value here, once, instead of at every run: ONNX Runtime packs them for the products they are
   * in. Each value is used before the next is asked for, so they may share memory.
   */
  fixed?: AsyncIterable<readonly [name: string, tensor: HostTensor]>;
  /**
   * Pack the graph's constants for the products they are in: a rearranged copy takes the place of the original.
   * Defaults to false, true with `fixed`.
   */
  packConstants?: boolean;
  /** Run the nodes as they were built, without ONNX Runtime's optimisers. Defaults to false. */
  asBuilt?: boolean;
}

/** A graph made ready to run on the CPU. `run` blocks the event loop while it computes: use a process of its own. */
export class GraphSession implements AsyncDisposable {
  private constructor(
    private readonly session: ort.InferenceSession,
    /** Names of the results, and what the model calls them. */
    private readonly outputs: readonly (readonly [name: string, inModel: string])[],
  ) {}

  /**
   * Drops what no output needs, folds sums into products, verifies, encodes and loads the graph.
   * @throws LoraError `autodiff.session-failed` when ONNX Runtime refuses the graph,
   * `autodiff.no-temporary-file`, and what `fixed` throws
   */
  static async create(graph: Graph, options: LoadOptions = {}): Promise<GraphSession> {
    pruneUnused(graph);
    expandQuantized(graph);
    foldSums(graph);
    verifyGraph(graph);
    const spinning = options.spinning ? '1' : '0';
    const entries = {
      intra_op: { allow_spinning: spinning },
      force_spinning_stop: spinning,
      disable_prepacking: options.fixed || options.packConstants ? '0' : '1',
    };
    const settings: ort.InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
      interOpNumThreads: 1,
      enableCpuMemArena: options.arena ?? false,
      enableMemPattern: false,
      graphOptimizationLevel: options.asBuilt ? 'disabled' : 'all',
      logSeverityLevel: 3,
      extra: { session: entries },
    };
    await using file = options.fixed ? await writeModelFile(graph, options.fixed) : null;
    try {
      const session = file
        ? await ort.InferenceSession.create(file.path, settings)
        : await ort.InferenceSession.create(encodeOnnx(graph), settings);
      return new GraphSession(
        session,
        [...graph.outputs].map(([name, value]) => [name, value.name] as const),
      );
    } catch (cause) {
      throw new LoraError('autodiff.session-failed', `ONNX Runtime refused a graph: ${firstLine(cause)}`, {
        remedy: 'Install onnxruntime-node anew for this platform; if that changes nothing, report this.',
        cause,
      });
    }
  }

  /**
   * Runs the graph once.
   * @param feeds a tensor for every input by name
   * @throws LoraError `autodiff.run-failed`
   */
  async run(feeds: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    try {
      const results = await this.session.run(feeds);
      return Object.fromEntries(this.outputs.map(([name, inModel]) => [name, results[inModel]!]));
    } catch (cause) {
      throw new LoraError('autodiff.run-failed', `ONNX Runtime failed while computing: ${firstLine(cause)}`, {
        remedy: 'Free some memory and try again; if it fails again, report this.',
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.release();
  }
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause)
    .replace(/\n.*/s, '')
    .slice(0, 300);
}
