import type { ConversationPatch } from '#chat/store.ts';

type Changes = { readonly patch: ConversationPatch; readonly written: Set<string>; readonly erased: Set<string> };

/** What changed of one conversation since it was saved: fields of its record, and messages by id. */
export class Unsaved {
  #changes: Changes = none();

  /** Fields that are not saved yet. */
  get patch(): ConversationPatch {
    return this.#changes.patch;
  }

  change(patch: ConversationPatch): void {
    this.#changes = { ...this.#changes, patch: { ...this.#changes.patch, ...patch } };
  }

  write(id: string): void {
    this.#changes.erased.delete(id);
    this.#changes.written.add(id);
  }

  erase(id: string): void {
    this.#changes.written.delete(id);
    this.#changes.erased.add(id);
  }

  /** Hands over what is to be saved now. */
  take(): Changes {
    const taken = this.#changes;
    this.#changes = none();
    return taken;
  }

  /** Takes back what could not be saved; what changed since goes before it. */
  putBack({ patch, written, erased }: Changes): void {
    const now = this.#changes;
    for (const id of written) if (!now.erased.has(id)) now.written.add(id);
    for (const id of erased) if (!now.written.has(id)) now.erased.add(id);
    this.#changes = { ...now, patch: { ...patch, ...now.patch } };
  }
}

const none = (): Changes => ({ patch: {}, written: new Set(), erased: new Set() });
