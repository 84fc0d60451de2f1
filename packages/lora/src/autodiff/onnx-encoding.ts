import protobuf from 'protobufjs';
import type { ConstantData, DataType, Graph, OpenAxes, Value } from './graph.js';
import { type AttributeValue, operatorOf } from './graph.js';

/**
 * The part of the ONNX message definitions that a graph needs: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
const PROTO = `
syntax = "proto3";
message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated int64 ints = 8 [packed = true]; int32 type = 20; }
message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; string domain = 7; }
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message Shape { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message TypeProto { TensorType tensor_type = 1; }
message ValueInfo { string name = 1; TypeProto type = 2; }
message StringStringEntry { string key = 1; string value = 2; }
message TensorProto { repeated int64 dims = 1 [packed = true]; int32 data_type = 2; string name = 8; bytes raw_data = 9; repeated StringStringEntry external_data = 13; int32 data_location = 14; }
message GraphProto { repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message OperatorSet { string domain = 1; int64 version = 2; }
message ModelProto { int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSet opset_import = 8; }
`;

const ONNX_TYPE: Record<DataType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 };

let modelType: protobuf.Type | undefined;

/** Where the values of a constant lie in a file beside the model, bytes. */
export interface ExternalData {
  /** Path of the file, relative to the model. */
  location: string;
  offset: number;
  length: number;
}

/**
 * The graph as an ONNX model (opset 18, IR version 9) that ONNX Runtime loads.
 * @param external inputs that become constants, by name
 */
export function encodeOnnx(
  graph: Graph,
  external: ReadonlyMap<string, ExternalData> = new Map(),
): Uint8Array {
  modelType ??= protobuf.parse(PROTO, { keepCase: true }).root.lookupType('ModelProto');
  const model = {
    ir_version: 9,
    producer_name: 'codebase-gardener',
    opset_import: [
      { domain: '', version: 18 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: 'graph',
      node: graph.nodes.map((node, index) => ({
        name: `${node.operator}_${index}`,
        op_type: node.operator,
        domain: operatorOf(node.operator).domain,
        input: trimAbsent(node.inputs.map((value) => value?.name ?? '')),
        output: node.outputs.map((value) => value.name),
        attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
      })),
      initializer: [
        ...[...graph.constants].map(([value, data]) => encodeTensor(value, data)),
        ...graph.inputs.flatMap((value) => encodeExternalTensor(value, external.get(value.name))),
      ],
      input: graph.inputs
        .filter(({ name }) => !external.has(name))
        .map((value) => encodeValueInfo(value, graph.openAxes.get(value))),
      output: [...graph.outputs.values()].map((value) => encodeOutput(value, graph)),
    },
  };
  return modelType.encode(model).finish();
}

function trimAbsent(names: string[]): string[] {
  while (names.at(-1) === '') names.pop();
  return names;
}

function encodeAttribute(name: string, value: AttributeValue) {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: ATTRIBUTE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE.float };
  return { name, ints: [...value], type: ATTRIBUTE.ints };
}

function encodeTensor(value: Value, data: ConstantData) {
  return {
    name: value.name,
    data_type: ONNX_TYPE[value.dtype],
    dims: [...value.shape],
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

const EXTERNAL = 1;

function encodeExternalTensor(value: Value, data: ExternalData | undefined) {
  if (!data) return [];
  const { name, dtype, shape } = value;
  const external_data = Object.entries(data).map(([key, entry]) => ({ key, value: String(entry) }));
  return [{ name, data_type: ONNX_TYPE[dtype], dims: [...shape], external_data, data_location: EXTERNAL }];
}

/** With an open axis among the inputs, the shape of an output is known only when the graph runs. */
function encodeOutput(value: Value, { openAxes }: Graph) {
  if (openAxes.size === 0) return encodeValueInfo(value);
  return { name: value.name, type: { tensor_type: { elem_type: ONNX_TYPE[value.dtype] } } };
}

function encodeValueInfo(value: Value, open: OpenAxes = {}) {
  const dim = value.shape.map((size, axis) => {
    const name = open[axis];
    return name === undefined ? { dim_value: size } : { dim_param: name };
  });
  return {
    name: value.name,
    type: { tensor_type: { elem_type: ONNX_TYPE[value.dtype], shape: { dim } } },
  };
}
