import type { Command } from 'commander';
export function defineAsk(_program: Command): void {}
