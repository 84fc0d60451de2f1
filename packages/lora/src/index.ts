export { LoraError, type LoraErrorOptions } from './errors.js';
