import { readFileSync } from 'node:fs';

/** A folder of a room, one of its files by name, or `.` for the other files that lie in the room itself. */
export interface Floor {
  floor: string;
  /** One line for docs/architecture.md. */
  what: string;
}

/** A folder of a workspace's src/. */
export interface Room {
  room: string;
  /** One line for docs/architecture.md. */
  what: string;
  /** Dependencies that this room alone imports, as docs/architecture.md names them. */
  native?: string[];
  /** In order: a floor imports from the floors before it. Empty when the room has no folders. */
  floors: Floor[];
}

/** A workspace. */
export interface Wing {
  what: string;
  /** In order: a room imports from the rooms before it. */
  rooms: Room[];
}

/** The order of the house by workspace: what the boundaries hold and what docs/architecture.md shows. */
export type House = Record<string, Wing>;

/** How a floor is called in a sentence. */
export function nameOf(floor: string): string {
  if (floor === '.') return 'its own files';
  return floor.includes('.') ? floor : `${floor}/`;
}

/** The house of this repository: house.json. */
export function readHouse(): House {
  return JSON.parse(readFileSync(new URL('./house.json', import.meta.url), 'utf8'));
}
