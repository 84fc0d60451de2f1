import type { Command } from 'commander';
export function defineChat(_program: Command): void {}
