// The one owner of the IndexedDB database `daylight-weights`. Version 1:
//   models  model key -> ModelRecord (model-record.ts)
//   chunks  [model key, path, index] -> Blob of at most 32 MiB
// Chunks are Blobs because a browser keeps those as files: asking for one reads nothing yet, and reading it was measured 2 to 3
// times as fast as an ArrayBuffer in the record (Chromium 156 on Linux: 850 against 350 MB/s).
// A later version adds its step to `upgrade` and never edits an old one.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { AppError } from '#base/errors.ts';
import { storageError } from './storage-errors.ts';

export interface WeightsSchema extends DBSchema {
  models: { key: string; value: unknown };
  chunks: { key: [model: string, path: string, index: number]; value: unknown };
}
export type Connection = IDBPDatabase<WeightsSchema>;

const VERSION = 1;
/** Long enough for other tabs to close their connections when they are asked to. */
const BLOCKED_MS = 3000;

/** A connection that comes back: browsers cut connections (cleared data, a crashed process), and the next use opens a new one. */
export class WeightDatabase {
  readonly #name: string;
  readonly #version: number;
  #connection: Promise<Connection> | null = null;
  #isOutdated = false;

  constructor(name: string, version = VERSION) {
    this.#name = name;
    this.#version = version;
  }

  /** Runs `work` on an open connection. Whatever the browser refuses becomes an AppError; `action` says what was tried. */
  async run<T>(action: string, neededBytes: number, work: (db: Connection) => Promise<T>): Promise<T> {
    const connection = this.#connect();
    try {
      return await work(await connection);
    } catch (error) {
      // Closed under our hands, between opening and use: once more, on a new connection.
      const isStale = error instanceof DOMException && error.name === 'InvalidStateError';
      if (!isStale || this.#isOutdated) throw await storageError(error, action, neededBytes);
      if (this.#connection === connection) this.#connection = null;
    }
    try {
      return await work(await this.#connect());
    } catch (error) {
      throw await storageError(error, action, neededBytes);
    }
  }

  close(): void {
    // A connection that never opened needs no closing; its failure was told to who asked for it.
    this.#connection?.then((db) => db.close()).catch(() => {});
    this.#connection = null;
  }

  #connect(): Promise<Connection> {
    if (this.#isOutdated) return Promise.reject(new AppError('storage-outdated'));
    if (this.#connection) return this.#connection;
    const connection = this.#open(() => {
      if (this.#connection === connection) this.#connection = null;
    });
    this.#connection = connection;
    connection.catch(() => {
      if (this.#connection === connection) this.#connection = null;
    });
    return connection;
  }

  async #open(onClosed: () => void): Promise<Connection> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const opening = openDB<WeightsSchema>(this.#name, this.#version, {
      upgrade(db, oldVersion) {
        if (oldVersion < 1) {
          db.createObjectStore('models');
          db.createObjectStore('chunks');
        }
      },
      blocked: () => {
        timer = setTimeout(() => giveUp(new AppError('storage-blocked')), BLOCKED_MS);
      },
      // Another tab upgrades or deletes the database: let it, rather than blocking it until this tab is closed.
      blocking: (_current, blockedVersion, event) => {
        if (blockedVersion !== null) this.#isOutdated = true;
        onClosed();
        (event.target as IDBDatabase).close();
      },
      terminated: onClosed,
    });
    let giveUp: (error: AppError) => void = () => {};
    const blocked = new Promise<never>((_resolve, reject) => (giveUp = reject));
    try {
      return await Promise.race([opening, blocked]);
    } catch (cause) {
      opening.then((db) => db.close()).catch(() => {}); // whoever opens late finds nobody waiting
      if (cause instanceof DOMException && cause.name === 'VersionError') {
        throw new AppError('storage-outdated', {}, { cause });
      }
      if (!(cause instanceof DOMException)) throw cause;
      throw new AppError('storage-unavailable', { reason: `${cause.name}: ${cause.message}` }, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
