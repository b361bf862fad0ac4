import { AppError } from '#base/errors.ts';
import type { Conversation } from '#chat/conversation.ts';
import type { ChatStore } from '#chat/store.ts';
import type { ExportWords, Kept } from '#chat/transfer/kept.ts';
import { asAppError } from './problem.ts';

export type ExportKind = 'markdown' | 'html' | 'json';
export type ImportOutcome = {
  readonly newCount: number;
  readonly grownCount: number;
  readonly knownCount: number;
  readonly brokenCount: number;
};

const ENDINGS: Record<ExportKind, string> = { markdown: 'md', html: 'html', json: 'json' };
const TYPES: Record<ExportKind, string> = { markdown: 'text/markdown', html: 'text/html', json: 'application/json' };
/** ChatGPT writes one file, or several numbered ones when there is much. */
const CHATGPT_FILE = /(?:^|\/)conversations(?:-\d+)?\.json$/;

type Outside = {
  store: () => ChatStore | null;
  conversations: () => readonly Conversation[];
  now: () => number;
  newId: () => string;
  /** The open conversation is written, so that an export has its last word. */
  flush: () => Promise<void>;
  /** Conversations came in; some of those that were here may have grown. */
  onImported: () => Promise<void>;
};

/** Taking conversations out as files, and in again. */
export class Transfer {
  doing = $state.raw<'nothing' | 'exporting' | 'importing'>('nothing');
  outcome = $state.raw<ImportOutcome | null>(null);
  error = $state.raw<AppError | null>(null);

  readonly #outside: Outside;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Makes the file of one conversation, or of all for null; null when that failed. */
  async export(
    kind: ExportKind,
    conversation: Conversation | null,
    words: ExportWords,
  ): Promise<{ name: string; blob: Blob } | null> {
    return this.#do('exporting', async () => {
      await this.#outside.flush();
      const chosen = conversation === null ? this.#outside.conversations() : [conversation];
      const title = conversation?.title ?? 'Daylight';
      const { fileName } = await import('#chat/transfer/kept.ts');
      const parts: string[] = [];
      for await (const part of await this.#partsOf(kind, chosen, title, words)) parts.push(part);
      return { name: fileName(title, ENDINGS[kind]), blob: new Blob(parts, { type: TYPES[kind] }) };
    });
  }

  /** Brings in the conversations of an export. What is here already stays as it is. */
  async import(file: File): Promise<void> {
    this.outcome = null;
    await this.#do('importing', async () => {
      const store = this.#outside.store();
      if (store === null) throw new AppError('chats-unavailable', { name: file.name, reason: 'nothing is kept here' });
      const [{ readExport }, { bringIn }] = await Promise.all([
        import('#chat/transfer/import-file.ts'),
        import('#chat/transfer/bring-in.ts'),
      ]);
      const { now, newId } = this.#outside;
      const counts = { new: 0, grown: 0, known: 0, broken: 0 };
      for (const text of await textsOf(file)) {
        const { conversations, brokenCount } = readExport(file.name, text, now());
        counts.broken += brokenCount;
        for (const one of conversations) counts[await bringIn(store, one, newId)]++;
      }
      await this.#outside.onImported();
      this.outcome = {
        newCount: counts.new,
        grownCount: counts.grown,
        knownCount: counts.known,
        brokenCount: counts.broken,
      };
    });
  }

  async #partsOf(
    kind: ExportKind,
    chosen: readonly Conversation[],
    title: string,
    words: ExportWords,
  ): Promise<AsyncIterable<string>> {
    const all = this.#read(chosen);
    if (kind === 'json') return (await import('#chat/transfer/export-json.ts')).jsonParts(all, this.#outside.now());
    if (kind === 'html') return (await import('#chat/transfer/export-html.ts')).htmlParts(all, title, words);
    return (await import('#chat/transfer/export-markdown.ts')).markdownParts(all, words);
  }

  async *#read(chosen: readonly Conversation[]): AsyncGenerator<Kept> {
    const store = this.#outside.store();
    if (store === null) return;
    for (const conversation of chosen) {
      const files = await store.attachments.of(conversation.id);
      yield {
        conversation: (await store.conversation(conversation.id)) ?? conversation,
        messages: await store.messages(conversation.id),
        attachments: files.filter(({ isDraft }) => !isDraft),
      };
    }
  }

  async #do<Result>(doing: 'exporting' | 'importing', act: () => Promise<Result>): Promise<Result | null> {
    if (this.doing !== 'nothing') return null;
    this.doing = doing;
    this.error = null;
    try {
      return await act();
    } catch (error) {
      this.error = asAppError(error);
      return null;
    } finally {
      this.doing = 'nothing';
    }
  }
}

/** The texts of a file of conversations; of a ZIP those of ChatGPT's files in it. */
async function textsOf(file: File): Promise<string[]> {
  const { MAX_FILE_BYTES } = await import('#chat/transfer/import-file.ts');
  const begin = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (begin[0] === 0x50 && begin[1] === 0x4b) return textsOfZip(file, MAX_FILE_BYTES);
  if (file.size > MAX_FILE_BYTES) {
    throw new AppError('chats-file-large', { name: file.name, value: file.size, limit: MAX_FILE_BYTES, unit: 'bytes' });
  }
  return [await file.text()];
}

async function textsOfZip(file: File, limitBytes: number): Promise<string[]> {
  const { ZipError, readZipDirectory, readZipEntry } = await import('#documents/docx/zip.ts');
  try {
    const entries = (await readZipDirectory(file)).filter(({ name }) => CHATGPT_FILE.test(name));
    if (entries.length === 0) throw new AppError('chats-file-unknown', { name: file.name });
    const budget = { leftBytes: limitBytes, limitBytes };
    const { signal } = new AbortController();
    const texts: string[] = [];
    for (const entry of entries) {
      texts.push(new TextDecoder().decode(await readZipEntry(file, entry, { budget, signal })));
    }
    return texts;
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new AppError('chats-file-damaged', { name: file.name, reason: error.message }, { cause: error });
  }
}
