/**
 * ONNX Runtime, for the files of this folder: whoever gets it from here cannot start a session that reports anything.
 */
export * as ort from 'onnxruntime-node';

// ONNX Runtime's library holds a telemetry client, which starts with the first session unless this is set.
// Nothing leaves the machine.
process.env.ORT_DISABLE_TELEMETRY = '1';
