/** What the header of a native file says about it. */
export interface BinaryHeader {
  format: 'elf' | 'mach-o' | 'pe';
  /** `x64`, `arm64`, or the number that the format gives another one; more than one in a universal Mach-O file. */
  architectures: string[];
}

/** So many bytes from the start of a file are enough for {@link readBinaryHeader}. */
export const HEADER_BYTES = 4096;

// ELF's e_machine, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
const ELF_MACHINES: Record<number, string> = { 62: 'x64', 183: 'arm64' };
// Mach-O's cputype (mach/machine.h).
const MACH_CPUS: Record<number, string> = { 16777223: 'x64', 16777228: 'arm64' };
// PE's Machine, https://learn.microsoft.com/windows/win32/debug/pe-format#machine-types
const PE_MACHINES: Record<number, string> = { 34404: 'x64', 43620: 'arm64' };

const MACH_64 = 0xfeedfacf;
const MACH_UNIVERSAL = 0xcafebabe;
const MAX_UNIVERSAL = 16;

/**
 * Reads the header of a native library.
 * @param bytes the start of the file, `HEADER_BYTES` of it or all
 * @returns null for whatever is no 64-bit ELF, Mach-O or PE file
 */
export function readBinaryHeader(bytes: Uint8Array): BinaryHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 64) return null;
  return readElf(view) ?? readMachO(view) ?? readPe(view);
}

function readElf(view: DataView): BinaryHeader | null {
  const isElf64 = view.getUint32(0) === 0x7f454c46 && view.getUint8(4) === 2 && view.getUint8(5) === 1;
  return isElf64 ? { format: 'elf', architectures: [named(ELF_MACHINES, view.getUint16(18, true))] } : null;
}

function readMachO(view: DataView): BinaryHeader | null {
  if (view.getUint32(0, true) === MACH_64) {
    return { format: 'mach-o', architectures: [named(MACH_CPUS, view.getUint32(4, true))] };
  }
  // Java's class files begin in the same way, with a version where the number of architectures stands here.
  if (view.getUint32(0) !== MACH_UNIVERSAL) return null;
  const count = view.getUint32(4);
  if (count === 0 || count > MAX_UNIVERSAL || 8 + 20 * count > view.byteLength) return null;
  const architectures = Array.from({ length: count }, (_, i) => named(MACH_CPUS, view.getUint32(8 + 20 * i)));
  return { format: 'mach-o', architectures };
}

function readPe(view: DataView): BinaryHeader | null {
  if (view.getUint16(0) !== 0x4d5a) return null;
  const header = view.getUint32(60, true);
  if (header + 6 > view.byteLength || view.getUint32(header) !== 0x50450000) return null;
  return { format: 'pe', architectures: [named(PE_MACHINES, view.getUint16(header + 4, true))] };
}

function named(names: Record<number, string>, value: number): string {
  return names[value] ?? `0x${value.toString(16)}`;
}
