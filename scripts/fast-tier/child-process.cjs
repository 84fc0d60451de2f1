// What native-modules.ts is for the tests themselves, for the child processes they start: they have no alias, and load the real modules.
const NATIVE = /onnxruntime|lancedb|node-llama-cpp/;

const load = process.dlopen;
process.dlopen = function dlopen(module, file, ...rest) {
  if (NATIVE.test(file))
    throw new Error('this test uses a native module: name its file <name>.native.test.ts');
  return load.call(process, module, file, ...rest);
};
