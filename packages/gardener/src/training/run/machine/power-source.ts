import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 10_000;

/** Where the machine gets its power from. */
export interface PowerQuestion {
  /** Defaults to this machine's. */
  platform?: NodeJS.Platform;
  /** Linux: the folder of the kernel's power supplies. */
  supplies?: string;
  /** macOS and Windows: what a command prints. */
  ask?: (command: string, args: string[]) => Promise<string>;
}

/** Whether the machine runs on battery now. Where that cannot be found out, it does not. */
export async function isOnBattery(question: PowerQuestion = {}): Promise<boolean> {
  const { platform = process.platform, supplies = '/sys/class/power_supply', ask = output } = question;
  try {
    switch (platform) {
      case 'linux':
        return await linuxOnBattery(supplies);
      case 'darwin':
        return (await ask('pmset', ['-g', 'batt'])).includes("'Battery Power'");
      case 'win32':
        // 1: the battery is discharging.
        return (await ask('powershell', ['-NoProfile', '-Command', WINDOWS_QUESTION])).trim() === '1';
      default:
        return false;
    }
  } catch {
    return false;
  }
}

const WINDOWS_QUESTION = '(Get-CimInstance Win32_Battery | Select-Object -First 1).BatteryStatus';

/** A battery of the machine itself that is being emptied, and no mains or USB power beside it. */
async function linuxOnBattery(folder: string): Promise<boolean> {
  let emptied = false;
  for (const name of await readdir(folder)) {
    const fact = async (file: string) =>
      (await readFile(join(folder, name, file), 'utf8').catch(() => '')).trim();
    const type = await fact('type');
    if (type === 'Battery') {
      // Scope `Device`: that of a mouse or headset.
      emptied ||= (await fact('status')) === 'Discharging' && (await fact('scope')) !== 'Device';
    } else if ((await fact('online')) === '1') return false;
  }
  return emptied;
}

async function output(command: string, args: string[]): Promise<string> {
  return (await run(command, args, { timeout: COMMAND_TIMEOUT_MS, windowsHide: true })).stdout;
}
