import type { AppError } from '#base/errors.ts';
import { refOf } from '#chat/attachment.ts';
import { headOf } from '#chat/store.ts';
import type { ChatStore, ConversationPatch, Setting } from '#chat/store.ts';
import { DEFAULT_SETTINGS } from '#chat/conversation.ts';
import type { Conversation, ConversationSettings, Message } from '#chat/conversation.ts';
import { branchOff } from '#chat/tree.ts';
import { settingsOfText } from '#chat/settings.ts';
import { ChatSession } from './chat-session.svelte.ts';
import { ConversationSearch } from './conversation-search.svelte.ts';
import { ConversationShelf } from './conversation-shelf.svelte.ts';
import { asAppError } from './problem.ts';
import { NO_IDS } from './tabs.ts';
import type { TabNews, Tabs } from './tabs.ts';
import { Transfer } from './transfer.svelte.ts';

/** Another tab may still offer to undo a younger deletion. */
const ERASED_AFTER_MS = 10 * 60_000;

/** Longer titles and names of folders are cut. */
const MAX_NAME = 120;

type Outside = {
  openStore: () => Promise<ChatStore>;
  now: () => number;
  newId: () => string;
  tabs: Tabs;
  /** Another conversation, or a new chat, lies open now. */
  onShow: () => Promise<void>;
};

/** The kept conversations and the open one, and whether the browser keeps them. */
export class ConversationDesk {
  shelf: ConversationShelf;
  session: ChatSession;
  /** Conversations are not kept, or the last change was not. */
  keeping = $state.raw<'yes' | 'no' | 'failed'>('yes');

  readonly search: ConversationSearch;
  readonly transfer: Transfer;
  /** The message for which the conversation was opened; null when it was opened for its end. */
  marked = $state.raw<string | null>(null);

  /** Conversations that other tabs are answering. */
  elsewhere = $state.raw(NO_IDS);

  readonly #outside: Outside;
  #watching = new AbortController();
  #store: ChatStore | null = null;
  readonly #unkept: Record<string, Message[]> = {};
  #newChatSettings = DEFAULT_SETTINGS;

  constructor(outside: Outside) {
    this.#outside = outside;
    this.search = new ConversationSearch({ store: () => this.#store, conversations: () => this.shelf.conversations });
    this.transfer = new Transfer({
      ...outside,
      store: () => this.#store,
      conversations: () => this.shelf.conversations,
      flush: () => this.session.flush(),
      onImported: () => this.#imported(),
    });
    this.shelf = $state.raw(new ConversationShelf(null, outside.now));
    this.session = $state.raw(this.#newSession());
  }

  /** Opens the store and what lay open at the last visit. */
  async start(): Promise<void> {
    try {
      this.#store = await this.#outside.openStore();
      await this.#store.erase({ before: this.#outside.now() - ERASED_AFTER_MS });
    } catch {
      this.keeping = 'no';
    }
    this.shelf = new ConversationShelf(this.#store, this.#outside.now);
    this.#outside.tabs.listen((news) => void this.#keep(this.#hear(news)));
    await this.shelf.refresh();
    this.#newChatSettings = settingsOfText(await this.setting('new-chat-settings'));
    await this.#show(await this.setting('open-conversation'));
  }

  /** Null where the browser keeps nothing. */
  get store(): ChatStore | null {
    return this.#store;
  }

  /** Opens a conversation; with a message, on the branch where that one stands. */
  async open(id: string, messageId: string | null = null): Promise<void> {
    if (this.session.conversation?.id !== id) {
      await this.#show(id);
      await this.write('open-conversation', id);
    }
    if (messageId !== null && !this.session.messages.some((one) => one.id === messageId)) {
      this.session.stepTo(messageId);
    }
    this.marked = messageId;
  }

  async startNew(): Promise<void> {
    if (this.session.conversation === null) return;
    await this.#show(null);
    await this.write('open-conversation', null);
  }

  /** Begins a new chat with a copy of the open one up to a message, and opens it. */
  async branch(messageId: string): Promise<void> {
    const { session } = this;
    if (session.conversation === null || session.busy) return;
    await session.flush();
    const { now, newId } = this.#outside;
    const all = $state.snapshot(session.all);
    const made = branchOff(session.conversation, all, messageId, { now: now(), newId });
    await this.#keep(this.#copy(made));
    this.#tell('changed', made.conversation.id);
    this.shelf.put(made.conversation);
    await this.#show(made.conversation.id, made.messages);
    await this.write('open-conversation', made.conversation.id);
  }

  async #copy({ conversation, messages, files }: ReturnType<typeof branchOff>): Promise<void> {
    await this.#store?.write(conversation, messages);
    for (const [from, id] of files) {
      const file = await this.#store?.attachments.read(from);
      if (file) await this.#store?.attachments.write([{ ...file, id, conversationId: conversation.id }]);
    }
  }

  async remove(id: string): Promise<void> {
    if (this.session.conversation?.id === id) await this.startNew();
    await this.#keep(this.shelf.remove(id));
    this.#tell('removed', id);
  }

  /** Gives a title that nothing but the person replaces; an empty one changes nothing. */
  async rename(id: string, title: string): Promise<void> {
    const words = title.replace(/\s+/g, ' ').trim().slice(0, MAX_NAME);
    if (words !== '') await this.#change([id], { title: words, titleBy: 'person' });
  }

  /** Takes a title that the model proposes, unless the person gave one meanwhile. */
  async propose(id: string, title: string): Promise<void> {
    const isFree = this.shelf.conversations.some((one) => one.id === id && one.titleBy === 'text');
    if (isFree) await this.#change([id], { title, titleBy: 'model' });
  }

  async pin(id: string, isPinned: boolean): Promise<void> {
    await this.#change([id], { pinnedAt: isPinned ? this.#outside.now() : null });
  }

  async archive(id: string, isArchived: boolean): Promise<void> {
    await this.#change([id], { archivedAt: isArchived ? this.#outside.now() : null, pinnedAt: null });
  }

  /** Puts a conversation into a folder; an empty name takes it out. */
  async putInto(id: string, folder: string): Promise<void> {
    await this.#change([id], { folder: folder.trim().slice(0, MAX_NAME) || null });
  }

  /** Gives a folder another name; an empty one takes the folder away, and its conversations stay. */
  async renameFolder(name: string, to: string): Promise<void> {
    await this.#change(this.shelf.idsIn(name), { folder: to.trim().slice(0, MAX_NAME) || null });
  }

  async #change(ids: readonly string[], patch: ConversationPatch): Promise<void> {
    for (const id of ids) if (this.session.conversation?.id === id) this.session.learn(patch);
    await this.#keep(this.shelf.change(ids, patch));
    for (const id of ids) this.#tell('changed', id);
  }

  async undoRemove(): Promise<void> {
    await this.#keep(this.shelf.undo());
    this.#tell('changed', null);
  }

  async forgetRemoved(): Promise<void> {
    await this.#keep(this.shelf.forget());
  }

  /** The page goes out of sight: it may never come back. */
  leave(): void {
    void this.session.flush();
  }

  /** The page is seen again: another tab may have had conversations meanwhile. */
  comeBack(): void {
    void this.#keep(this.shelf.refresh());
  }

  /** Null where it was never written, or nothing is kept. */
  async setting(name: Setting): Promise<string | null> {
    return (await this.#store?.setting(name)) ?? null;
  }

  async write(name: Setting, value: string | null): Promise<void> {
    await this.#keep(this.#store?.writeSetting(name, value));
  }

  /** Opens a conversation, or a new chat for null. An answer being written elsewhere is stopped and kept. */
  async #show(id: string | null, known: Message[] = []): Promise<void> {
    await this.session.close();
    this.#rememberUnkept();
    this.marked = null;
    const kept = id === null ? null : await this.#find(id);
    const isElsewhere = kept !== null && (await this.#findElsewhere()).has(kept.id);
    const messages =
      kept === null ? [] : ((await this.#store?.messages(kept.id, isElsewhere)) ?? this.#unkept[kept.id] ?? known);
    const draft = (await this.#store?.draft(kept?.id ?? '')) ?? '';
    const files = (await this.#store?.attachments.of(kept?.id ?? '')) ?? [];
    const attachments = files
      .filter(({ isDraft }) => isDraft)
      .sort((one, other) => one.addedAt - other.addedAt)
      .map(refOf);
    const conversation = kept === null ? null : { ...kept, headId: headOf(kept, messages) };
    this.session = this.#newSession({ conversation, messages, draft, attachments });
    this.session.isElsewhere = isElsewhere;
    this.#watch(this.session);
    await this.#outside.onShow();
  }

  /** Where the browser keeps nothing, conversations last as long as the page. */
  #rememberUnkept(): void {
    const { conversation, all } = this.session;
    if (this.#store === null && conversation !== null) this.#unkept[conversation.id] = $state.snapshot(all);
  }

  /** Also one that another tab has begun a moment ago. */
  async #find(id: string): Promise<Conversation | null> {
    const listed = this.shelf.conversations.find((one) => one.id === id);
    if (listed !== undefined) return listed;
    const kept = (await this.#store?.conversation(id)) ?? null;
    return kept?.deletedAt === null ? kept : null;
  }

  /** Makes these the settings that new chats begin with. */
  async keepSettings(settings: ConversationSettings): Promise<void> {
    this.#newChatSettings = settings;
    await this.write('new-chat-settings', JSON.stringify(settings));
  }

  #newSession(opened?: ConstructorParameters<typeof ChatSession>[1]): ChatSession {
    const { now, newId } = this.#outside;
    const session = new ChatSession(
      {
        store: this.#store,
        now,
        newId,
        onChange: (conversation) => {
          const isNew = !this.shelf.conversations.some(({ id }) => id === conversation.id);
          this.shelf.put(conversation);
          if (isNew) void this.write('open-conversation', conversation.id);
          this.keeping = this.#store === null ? 'no' : 'yes';
        },
        onSaveError: (error) => this.#notKept(error),
        onSaved: (id) => this.#tell('changed', id),
        claim: (id) => this.#outside.tabs.claim(id),
      },
      opened,
    );
    if (session.conversation === null) session.settings = this.#newChatSettings;
    return session;
  }

  #tell(type: TabNews['type'], id: string | null): void {
    this.#outside.tabs.tell({ type, id });
  }

  /** Another tab has changed something. */
  async #hear({ type, id }: TabNews): Promise<void> {
    const open = this.session.conversation?.id;
    if (type === 'removed' && id !== null && id === open) await this.#show(null);
    await this.shelf.refresh();
    await this.#findElsewhere();
    if (open !== undefined && (id === null || id === open)) await this.#takeIn(this.session);
  }

  async #imported(): Promise<void> {
    await this.shelf.refresh();
    await this.#takeIn(this.session);
    this.#tell('changed', null);
  }

  /** Reads the open conversation again, unless it is being written here. */
  async #takeIn(session: ChatSession): Promise<void> {
    const id = session.conversation?.id;
    if (id === undefined || session.busy || this.#store === null) return;
    await session.flush();
    const isElsewhere = this.elsewhere.has(id);
    const [kept, messages] = await Promise.all([this.#store.conversation(id), this.#store.messages(id, isElsewhere)]);
    if (kept === null || session !== this.session || session.busy) return;
    session.takeIn({ ...kept, headId: headOf(kept, messages) }, messages, isElsewhere);
    this.#watch(session);
  }

  /** While another tab answers the open conversation: waits for its end, also when that tab dies. */
  #watch(session: ChatSession): void {
    this.#watching.abort();
    const id = session.conversation?.id;
    if (id === undefined || !session.isElsewhere) return;
    const { signal } = (this.#watching = new AbortController());
    this.#outside.tabs.released(id, signal).then(
      async () => {
        await this.#findElsewhere();
        if (!signal.aborted) await this.#keep(this.#takeIn(session));
      },
      () => undefined, // no longer of interest
    );
  }

  async #findElsewhere(): Promise<ReadonlySet<string>> {
    return (this.elsewhere = await this.#outside.tabs.claimed());
  }

  async #keep(writing: Promise<void> | undefined): Promise<void> {
    try {
      await writing;
    } catch (error) {
      this.#notKept(asAppError(error));
    }
  }

  #notKept(_error: AppError): void {
    if (this.keeping === 'yes') this.keeping = 'failed';
  }
}
