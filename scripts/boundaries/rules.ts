import type { House } from './house.js';
import type { Rule } from './offence.js';
import { dependencyOwners } from './rules/dependency-owners.js';
import { fileLength, fileNames } from './rules/file-shape.js';
import { folderSize } from './rules/folder-size.js';
import { importCircles } from './rules/import-circles.js';
import { roomOrder } from './rules/room-order.js';

/** Every rule of the house. */
export const RULES = (house: House): Record<string, Rule> => ({
  'room-order': roomOrder(house),
  'import-circles': importCircles,
  'dependency-owners': dependencyOwners,
  'folder-size': folderSize,
  'file-length': fileLength,
  'file-names': fileNames,
});
