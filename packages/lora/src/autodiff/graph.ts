import { LoraError } from '../errors.js';
import { elementCount } from '../weights/element-count.js';

/** Element types a graph may hold, as ONNX spells them in lower case. */
export type DataType = 'float32' | 'float16' | 'int64' | 'int32' | 'uint8' | 'int8' | 'bool';

/** A tensor flowing along an edge of the graph. Where an input leaves an axis open, shapes are those of an example. */
export interface Value {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** Names of sizes by axis. */
export type OpenAxes = Readonly<Record<number, string>>;

/** The typed array that holds a constant of each element type. */
export type ConstantData = Float32Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

/**
 * Constants up to this size are held once, however often they are asked for: ONNX Runtime takes some kilobytes for
 * each. Shapes, scales and the zero points of a row of tokens are.
 */
const SMALL_CONSTANT_BYTES = 1024;

/** Attribute values as ONNX knows them. A number is an integer attribute unless wrapped as `{ float }`. */
export type AttributeValue = number | readonly number[] | { readonly float: number } | string;

/** One operator applied to values. An absent optional input is null. */
export interface Node {
  readonly operator: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/**
 * A graph of ONNX operators under construction. Nodes are kept in the order they were added, which is a topological
 * order by construction: a node can only use values that exist.
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  /** Results by the names they are asked for. */
  readonly outputs = new Map<string, Value>();
  readonly constants = new Map<Value, ConstantData>();
  /**
   * For inputs with open axes: the name of each axis whose size is known only when the graph runs. Axes of one name
   * have one size.
   */
  readonly openAxes = new Map<Value, OpenAxes>();
  /** Values that are computed although no output depends on them: see `makeHere`. */
  readonly leaves = new Set<Value>();
  /** Small constants by what they hold. */
  readonly #known = new Map<string, Value>();
  #nextId = 0;

  /**
   * Declares a value that is fed at every run.
   * @param open axes whose sizes are an example: nothing that the graph computes may depend on them
   */
  input(name: string, dtype: DataType, shape: readonly number[], open?: OpenAxes): Value {
    const value: Value = { name, dtype, shape: [...shape] };
    this.inputs.push(value);
    if (open) this.openAxes.set(value, open);
    return value;
  }

  /**
   * A value fixed in the graph; `data` is row-major, is not copied and must not change. A small one that is
   * there already is given again.
   */
  constant(dtype: DataType, shape: readonly number[], data: ConstantData): Value {
    const expected = elementCount(shape);
    if (data.length !== expected) {
      throw new LoraError(
        'autodiff.bad-constant',
        `A constant of shape [${shape}] needs ${expected} values, not ${data.length}.`,
        {
          remedy: 'Report this as a bug of the graph builder.',
        },
      );
    }
    const small = data.byteLength <= SMALL_CONSTANT_BYTES;
    const bytes = Buffer.from(data.buffer, data.byteOffset, small ? data.byteLength : 0);
    const key = `${dtype} [${shape}] ${bytes.toString('latin1')}`;
    const known = small && this.#known.get(key);
    if (known && this.constants.has(known)) return known;
    const value: Value = { name: this.#freshName('constant'), dtype, shape: [...shape] };
    this.constants.set(value, data);
    if (small) this.#known.set(key, value);
    return value;
  }

  /** Marks a value as a result of the graph under a name of its own; nothing is copied. */
  output(value: Value, name: string): void {
    const given = this.inputs.includes(value) || this.constants.has(value);
    const known = [...this.outputs.values()].includes(value);
    // ONNX wants every result computed by a node, and no value named as a result twice.
    this.outputs.set(name, !given && !known ? value : this.apply('Identity', [value], {})[0]!);
  }

  /**
   * Has a value computed at this point of the order that `lastLeavesFirst` makes, even when its only reader comes much
   * later, so that the memory of the values it is computed from is freed early. It works by adding a leaf that reads
   * the value's shape, which costs nothing.
   */
  makeHere(value: Value): void {
    this.leaves.add(this.apply('Shape', [value], {})[0]!);
  }

  /**
   * Applies an operator of the operator table; output shapes come from the operator's own shape rule.
   * @throws LoraError `autodiff.unknown-operator`, `autodiff.shape-mismatch`
   */
  apply(
    operator: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeValue>>,
  ): Value[] {
    const outputs = operatorOf(operator)
      .infer(inputs, attributes, this)
      .map(({ dtype, shape }) => ({ name: this.#freshName(operator), dtype, shape }));
    this.nodes.push({ operator, inputs, outputs, attributes });
    return outputs;
  }

  #freshName(stem: string): string {
    return `${stem}_${this.#nextId++}`;
  }
}

/**
 * The vector-Jacobian product of an operator: given the gradients of a node's outputs, one gradient for each input, or
 * null where none is wanted. A gradient may have the broadcast shape of the output: the walk sums it back.
 * @param wanted whether each input needs a gradient; a rule builds nothing for the others, so
 * frozen weights cost nothing.
 */
export type VjpRule = (
  graph: Graph,
  node: Node,
  outputGradients: readonly (Value | null)[],
  wanted: readonly boolean[],
) => (Value | null)[];

/** What the graph needs to know of an ONNX operator. */
export interface OperatorDefinition {
  /** ONNX operator domain: '' for the standard one. */
  domain: '' | 'com.microsoft';
  /** Types and shapes of the outputs, or a loud error. */
  infer(
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, AttributeValue>>,
    graph: Graph,
  ): { dtype: DataType; shape: number[] }[];
  /** Null for an operator that has no derivative or whose derivative nobody needs yet. */
  vjp: VjpRule | null;
}

const table = new Map<string, OperatorDefinition>();

/** Adds operators to the one table. Called once by each file in operators/. */
export function defineOperators(definitions: Record<string, OperatorDefinition>): void {
  for (const [name, definition] of Object.entries(definitions)) table.set(name, definition);
}

/**
 * The definition of an operator.
 * @throws LoraError `autodiff.unknown-operator`
 */
export function operatorOf(name: string): OperatorDefinition {
  const definition = table.get(name);
  if (!definition) {
    throw new LoraError(
      'autodiff.unknown-operator',
      `The graph builder does not know the operator ${name}.`,
      {
        remedy: 'Add it to packages/lora/src/autodiff/operators.',
      },
    );
  }
  return definition;
}

/** Names of all operators that have a derivative; each owns a gradient check. */
export function differentiableOperators(): string[] {
  return [...table].filter(([, definition]) => definition.vjp !== null).map(([name]) => name);
}
