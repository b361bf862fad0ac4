import { AppError } from '#base/errors.ts';
import type { AttachmentStore } from '#chat/attachment-store.ts';
import { MAX_ATTACHMENTS, refOf } from '#chat/attachment.ts';
import type { Attachment, StandIn } from '#chat/attachment.ts';
import type { ReadProgress, SourceDocument } from '#documents/document.ts';
import { m } from '#lib/text/paraglide/messages.js';
import type { ChatSession } from './chat-session.svelte.ts';
import { asAppError } from './problem.ts';

export type ReadFile = (
  file: File,
  options: { signal: AbortSignal; onProgress: (progress: ReadProgress) => void },
) => Promise<SourceDocument>;

type Outside = {
  session: () => Pick<ChatSession, 'conversation' | 'attachments'>;
  /** Null where the browser keeps nothing. */
  store: () => AttachmentStore | null;
  readFile: ReadFile;
  now: () => number;
  newId: () => string;
  say: (text: string) => void;
  /** The open draft has other files than before. */
  onChange: () => void;
};

/** A file that is being read, waits for its turn, or could not be read. */
export type PendingFile = {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** The draft it belongs to; '' for a new chat. */
  readonly conversationId: string;
  /** Null until the first page. */
  readonly progress: ReadProgress | null;
  readonly error: AppError | null;
  readonly file: File;
  readonly stop: AbortController;
};

/** The files of drafts: those being read, those that could not be, and the texts of those that were. */
export class Attachments {
  /** Of every conversation; `here` has those of the open one. */
  pending = $state.raw<readonly PendingFile[]>([]);
  /** Why files were not taken at all. */
  problem = $state.raw<AppError | null>(null);

  readonly #outside: Outside;
  /** What was read since the page was opened, where the browser keeps nothing. */
  #unkept: readonly Attachment[] = [];
  #queue: Promise<void> = Promise.resolve();

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Files of the open draft that are no attachments yet. */
  get here(): readonly PendingFile[] {
    return this.pending.filter(({ conversationId }) => conversationId === this.#openId);
  }

  /** A message is not sent without a file that is still being read. */
  get isReading(): boolean {
    return this.here.some(({ error }) => error === null);
  }

  /** Reads files one after the other and attaches them to the open draft. */
  add(files: readonly File[]): void {
    const room = MAX_ATTACHMENTS - this.#outside.session().attachments.length - this.here.length;
    this.problem =
      files.length > room
        ? new AppError('attachments-too-many', { count: MAX_ATTACHMENTS - room + files.length, limit: MAX_ATTACHMENTS })
        : null;
    for (const file of files.slice(0, Math.max(0, room))) {
      const { name, size: sizeBytes } = file;
      const place = { id: this.#outside.newId(), conversationId: this.#openId };
      const pending = { ...place, name, sizeBytes, progress: null, error: null, file, stop: new AbortController() };
      this.pending = [...this.pending, pending];
      this.#enqueue(pending);
    }
  }

  /** Attaches a text that was pasted. */
  addText(text: string): void {
    this.add([new File([text], `${m['attachments.pastedName']()}.txt`, { type: 'text/plain' })]);
  }

  /** Takes a file out of the open draft, whether it was read or not. */
  remove(id: string): void {
    this.#pendingOf(id)?.stop.abort();
    this.#forget(id);
    const session = this.#outside.session();
    if (!session.attachments.some((one) => one.id === id)) return;
    session.attachments = session.attachments.filter((one) => one.id !== id);
    this.#unkept = this.#unkept.filter((one) => one.id !== id);
    this.#outside.onChange();
    // What stays behind by a failure is erased with its conversation.
    void this.#outside
      .store()
      ?.remove([id])
      .catch(() => undefined);
  }

  /** Reads a file once more that could not be read. */
  retry(id: string): void {
    const pending = this.#pendingOf(id);
    if (pending === undefined || pending.error === null) return;
    this.#change(id, { error: null, progress: null });
    this.#enqueue(pending);
  }

  /** The draft is sent: what could not be read is no longer its business. */
  forgetFailed(): void {
    this.pending = this.pending.filter((one) => one.error === null || one.conversationId !== this.#openId);
    this.problem = null;
  }

  dismissProblem(): void {
    this.problem = null;
  }

  /** The text of an attachment; null when it is not kept any more. */
  async read(id: string): Promise<Attachment | null> {
    return this.#unkept.find((one) => one.id === id) ?? (await this.#outside.store()?.read(id)) ?? null;
  }

  /** Keeps notes that stand for a text which is too long for the model; null for the text itself. */
  async setStandIn(id: string, standIn: StandIn | null): Promise<void> {
    const record = await this.read(id);
    if (record === null) return;
    const changed = { ...record, standIn };
    this.#unkept = this.#unkept.map((one) => (one.id === id ? changed : one));
    await this.#outside.store()?.write([changed]);
  }

  get #openId(): string {
    return this.#outside.session().conversation?.id ?? '';
  }

  #pendingOf(id: string): PendingFile | undefined {
    return this.pending.find((one) => one.id === id);
  }

  #enqueue({ id, file, stop }: PendingFile): void {
    this.#queue = this.#queue.then(() => this.#run(id, file, stop.signal));
  }

  async #run(id: string, file: File, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      const onProgress = (progress: ReadProgress): void => this.#change(id, { progress });
      const document = await this.#outside.readFile(file, { signal, onProgress });
      await this.#attach(id, file, document, signal);
    } catch (error) {
      if (signal.aborted) return; // taken out while it was read
      this.#change(id, { error: asAppError(error) });
      this.#outside.say(m['attachments.failed']({ name: file.name }));
    }
  }

  async #attach(id: string, file: File, document: SourceDocument, signal: AbortSignal): Promise<void> {
    const pending = this.#pendingOf(id);
    if (pending === undefined) return;
    const { conversationId, progress } = pending;
    const { name, kind, language, direction, sections, characterCount, warnings } = document;
    const attachment: Attachment = {
      id,
      name,
      format: kind,
      sizeBytes: file.size,
      characters: characterCount,
      pages: kind === 'pdf' ? (progress?.total ?? sections.length) : null,
      conversationId,
      isDraft: true,
      addedAt: this.#outside.now(),
      language,
      direction,
      sections,
      warnings,
      standIn: null,
    };
    const store = this.#outside.store();
    if (store === null) this.#unkept = [...this.#unkept, attachment];
    else await store.write([attachment]);
    if (signal.aborted) {
      await store?.remove([id]);
      return;
    }
    this.#forget(id);
    const session = this.#outside.session();
    // In another conversation's draft it is found again when that is opened.
    if (conversationId !== this.#openId) return;
    session.attachments = [...session.attachments, refOf(attachment)];
    this.#outside.onChange();
    this.#outside.say(m['attachments.read']({ name }));
  }

  #change(id: string, change: Partial<PendingFile>): void {
    this.pending = this.pending.map((one) => (one.id === id ? { ...one, ...change } : one));
  }

  #forget(id: string): void {
    this.pending = this.pending.filter((one) => one.id !== id);
  }
}
