import type { NamedCodebase } from '../pipeline/codebases.js';

/** A codebase of the benefit benchmark. */
export type BenefitCodebase = Omit<NamedCodebase, 'registry'> & {
  /** `checkout`: a folder of that name and commit (`version`) in the folder given with --checkouts. */
  registry: NamedCodebase['registry'] | 'checkout';
  /** First published in 2025 or later: what the bases, trained before, cannot have seen. */
  isNew: boolean;
};

/**
 * Twelve public codebases in six languages, half of them new. Chosen on 2026-11-29, before any figure of them was
 * seen; nothing is tuned on them, and none is taken out or exchanged for its figures.
 */
export const BENEFIT_CODEBASES: readonly BenefitCodebase[] = [
  {
    name: 'openai-agents',
    language: 'python',
    version: '0.24.0',
    registry: 'pip',
    folders: ['agents'],
    isNew: true,
  },
  {
    name: '@tanstack/db',
    language: 'typescript',
    version: '0.15.2',
    registry: 'npm',
    folders: ['src'],
    isNew: true,
  },
  {
    name: 'charmbracelet/crush',
    language: 'go',
    version: '37f36e93824e5c4f892e4a817f7f628e2682fe14',
    registry: 'checkout',
    folders: ['.'],
    isNew: true,
  },
  { name: 'trio', language: 'python', version: '0.35.0', registry: 'pip', folders: ['trio'], isNew: false },
  {
    name: 'golang-github-spf13-cobra-dev',
    language: 'go',
    version: '1.6.1-1',
    registry: 'debian',
    folders: ['usr/share/gocode/src'],
    isNew: false,
  },
  {
    name: 'ruby-rack',
    language: 'ruby',
    version: '2.2.22-0+deb12u2',
    registry: 'debian',
    folders: ['usr/share/rubygems-integration/all/gems'],
    isNew: false,
  },
  {
    name: 'strands-agents',
    language: 'python',
    version: '1.62.0',
    registry: 'pip',
    folders: ['strands'],
    isNew: true,
  },
  {
    name: 'alchemy',
    language: 'typescript',
    version: '0.94.0',
    registry: 'npm',
    folders: ['src'],
    isNew: true,
  },
  {
    name: 'modelcontextprotocol/rust-sdk',
    language: 'rust',
    version: '4a738b9dd99eaca418b614afa433a0cbdaf8d056',
    registry: 'checkout',
    folders: ['.'],
    isNew: true,
  },
  {
    name: 'librust-hyper-dev',
    language: 'rust',
    version: '0.14.19-1',
    registry: 'debian',
    folders: ['usr/share/cargo/registry/hyper-0.14.19/src'],
    isNew: false,
  },
  {
    name: 'php-twig',
    language: 'php',
    version: '3.5.1-1+deb12u3',
    registry: 'debian',
    folders: ['usr/share/php/Twig'],
    isNew: false,
  },
  {
    name: '@tanstack/query-core',
    language: 'typescript',
    version: '5.108.4',
    registry: 'npm',
    folders: ['src'],
    isNew: false,
  },
];
