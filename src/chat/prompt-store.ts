import { writing } from './database.ts';
import type { ChatsDb } from './database.ts';
import type { SavedPrompt } from './records.ts';
import { parseSavedPrompt } from './stored.ts';

/** Prompts the person kept. */
export class PromptStore {
  readonly #db: ChatsDb;

  constructor(db: ChatsDb) {
    this.#db = db;
  }

  async all(): Promise<SavedPrompt[]> {
    const records = await this.#db.getAll('prompts');
    return records.map(parseSavedPrompt).filter((one): one is SavedPrompt => one !== null);
  }

  async write(prompt: SavedPrompt): Promise<void> {
    await writing(() => this.#db.put('prompts', prompt));
  }

  async remove(id: string): Promise<void> {
    await writing(() => this.#db.delete('prompts', id));
  }
}
