import { cpus } from 'node:os';

/** CPU time since the machine or the process started, ms. */
export interface CpuTimes {
  /** All cores, busy or not. */
  total: number;
  /** All cores, whoever they worked for. */
  busy: number;
  /** This process, all its threads. */
  own: number;
}

/** Measures how much of the machine others use: two readings of counters that the system keeps anyway. */
export class OtherLoad {
  #before: CpuTimes;

  constructor(private readonly read: () => CpuTimes = readCpuTimes) {
    this.#before = read();
  }

  /** Share of all cores, 0 to 1, that other programs used since the last call. */
  share(): number {
    const now = this.read();
    const { total, busy, own } = this.#before;
    this.#before = now;
    const elapsed = now.total - total;
    if (elapsed <= 0) return 0;
    return Math.min(1, Math.max(0, (now.busy - busy - (now.own - own)) / elapsed));
  }
}

function readCpuTimes(): CpuTimes {
  let [total, busy] = [0, 0];
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    total += used + times.idle;
  }
  const { user, system } = process.cpuUsage();
  return { total, busy, own: (user + system) / 1000 };
}
