/** A value in use; not to be disposed, `release` it. */
export interface Use<Value> {
  value: Value;
  /** Gives it back; a second call does nothing. */
  release(): void;
}

/** What is kept open, and how. */
export interface CountedUsesOptions<Settings, Value> {
  /** Starts a value; when that fails, the next who asks tries again. */
  start(settings: Settings): Promise<Value>;
  dispose(value: Value): Promise<void>;
  /** Values kept open at once; those in use stay, however many they are. */
  most: number;
  /** Whether a value of these settings is worth keeping while nobody uses it. Defaults to yes. */
  isWanted?(settings: Settings): boolean;
}

interface Opening<Settings, Value> {
  settings: Settings;
  starting: Promise<Value>;
  /** Once it has started. */
  started: { value: Value } | null;
  users: number;
}

/**
 * Values that are costly to start and shared by everyone with the same settings: started by the first who asks, kept
 * between uses, and disposed when they are unwanted, too many, or at the end; never while somebody uses them, but at
 * the end. (No lru-cache: that one drops what is in use.)
 */
export class CountedUses<Settings, Value> {
  readonly #options: CountedUsesOptions<Settings, Value>;
  /** By their settings as JSON; the one used last is the last. */
  readonly #openings = new Map<string, Opening<Settings, Value>>();

  constructor(options: CountedUsesOptions<Settings, Value>) {
    this.#options = options;
  }

  /** Those that have started. */
  get started(): Value[] {
    return [...this.#openings.values()].flatMap(({ started }) => (started === null ? [] : [started.value]));
  }

  /** Takes the value of these settings into use. @throws what starting it throws */
  async use(settings: Settings): Promise<Use<Value>> {
    const key = JSON.stringify(settings);
    const opening = this.#openings.get(key) ?? this.#open(key, settings);
    this.#openings.delete(key);
    this.#openings.set(key, opening);
    opening.users += 1;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      opening.users -= 1;
      this.#makeRoom().catch(() => undefined);
    };
    try {
      await this.#makeRoom();
      return { value: await opening.starting, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Disposes the values that nobody uses now; the next who asks starts them again. */
  closeUnused(): Promise<void> {
    return this.#closeUnused(() => true);
  }

  /** Disposes all of them, in use or not. */
  async close(): Promise<void> {
    const openings = [...this.#openings.values()];
    this.#openings.clear();
    await Promise.all(openings.map((opening) => this.#dispose(opening)));
  }

  #open(key: string, settings: Settings): Opening<Settings, Value> {
    const opening: Opening<Settings, Value> = {
      settings,
      starting: this.#options.start(settings),
      started: null,
      users: 0,
    };
    opening.starting.then(
      (value) => {
        opening.started = { value };
      },
      () => {
        if (this.#openings.get(key) === opening) this.#openings.delete(key);
      },
    );
    return opening;
  }

  async #makeRoom(): Promise<void> {
    const { most, isWanted } = this.#options;
    await this.#closeUnused(({ settings }) => this.#openings.size > most || isWanted?.(settings) === false);
  }

  async #closeUnused(isUnwanted: (opening: Opening<Settings, Value>) => boolean): Promise<void> {
    for (const [key, opening] of this.#openings) {
      if (opening.users > 0 || !isUnwanted(opening)) continue;
      this.#openings.delete(key);
      await this.#dispose(opening);
    }
  }

  async #dispose({ starting }: Opening<Settings, Value>): Promise<void> {
    const started = await starting.then(
      (value) => ({ value }),
      () => null,
    );
    if (started !== null) await this.#options.dispose(started.value);
  }
}
