// Stands for onnxruntime-node, @lancedb/lancedb and node-llama-cpp in `npm run test:fast` (see vitest.fast.config.ts):
// a test may load code that could use them, and fails when it does use them.

function refuse(): never {
  throw new Error('this test uses a native module: name its file <name>.native.test.ts');
}

const absent = new Proxy(refuse, { get: refuse, construct: refuse });

export {
  absent as connect,
  absent as Session,
  absent as env,
  absent as getLlama,
  absent as InferenceSession,
  absent as listSupportedBackends,
  absent as Tensor,
};
