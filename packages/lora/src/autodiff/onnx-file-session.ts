import { LoraError } from '../errors.js';
import type { HostTensor } from './host-tensor.js';
import { ort } from './onnx-runtime.js';

/** An ONNX model of the user's own, ready to run on the CPU. `run` blocks the event loop: use a process of its own. */
export class OnnxFileSession implements AsyncDisposable {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly file: string,
  ) {}

  /**
   * Loads the model and the files of weights that it names beside itself.
   * @param threads defaults to the physical cores
   * @throws LoraError `autodiff.unusable-model-file`
   */
  static async open(file: string, threads?: number): Promise<OnnxFileSession> {
    try {
      const session = await ort.InferenceSession.create(file, {
        executionProviders: ['cpu'],
        ...(threads ? { intraOpNumThreads: threads } : {}),
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      });
      return new OnnxFileSession(session, file);
    } catch (cause) {
      throw new LoraError('autodiff.unusable-model-file', `${file} cannot be loaded as an ONNX model.`, {
        remedy: 'Fetch the model again, with the files that lie beside it.',
        cause,
      });
    }
  }

  /** Names of the inputs. */
  get inputs(): readonly string[] {
    return this.session.inputNames;
  }

  /** Names of the outputs. */
  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /** Computes one output. @throws LoraError `autodiff.run-failed` */
  async run(feeds: Readonly<Record<string, HostTensor>>, output: string): Promise<HostTensor> {
    try {
      return (await this.session.run(feeds, [output]))[output]!;
    } catch (cause) {
      throw new LoraError('autodiff.run-failed', `${this.file} failed while computing.`, {
        remedy: 'Check that it is a sentence-embedding model; if it is, free some memory and try again.',
        details: { inputs: this.inputs, output },
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.release();
  }
}
