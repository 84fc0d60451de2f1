/** Fills the operator table; importing this file is enough. */
export * from './cast.js';
export * from './elementwise.js';
export * from './layout.js';
export * from './normalization.js';
export * from './products.js';
export * from './quantized.js';
export * from './reductions.js';
export * from './rotary.js';
export * from './selection.js';
