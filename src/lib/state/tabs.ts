// What tabs of this page tell each other, and who of them answers a conversation. Where the browser lacks the means, a
// tab behaves as the only one; the store keeps what both write apart all the same.

/** `id` is the conversation that changed; null when it may be any. */
export type TabNews = { readonly type: 'changed' | 'removed'; readonly id: string | null };

/** Resolves when others can see that it happened. */
export type Release = () => Promise<void>;

export const NO_IDS: ReadonlySet<string> = new Set();

export type Tabs = {
  tell(news: TabNews): void;
  listen(hear: (news: TabNews) => void): void;
  /** Makes this tab the only one that answers a conversation, until what it returns is called; null when another does. */
  claim(id: string): Promise<Release | null>;
  /** Ids of the conversations that other tabs answer now. */
  claimed(): Promise<ReadonlySet<string>>;
  /** Resolves when no tab answers the conversation any more. */
  released(id: string, signal: AbortSignal): Promise<void>;
  close(): void;
};

/** The tabs of this page in this browser; `name` keeps apart what has nothing to do with each other. */
export function browserTabs(name = 'daylight-chats'): Tabs {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  const prefix = `${name}-answering-`;
  const own = new Set<string>();
  let channel: BroadcastChannel | null = null; // opened when it is needed: the site is built where there are no tabs
  const opened = (): BroadcastChannel | null =>
    (channel ??= 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : null);
  return {
    tell: (news) => opened()?.postMessage(news),
    listen(hear) {
      opened()?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        const news = parseNews(data);
        if (news !== null) hear(news);
      });
    },
    claim(id) {
      if (locks === undefined) return Promise.resolve(async () => undefined);
      return new Promise((resolve, reject) => {
        const held = locks.request(prefix + id, { ifAvailable: true }, (lock) => {
          if (lock === null) {
            resolve(null);
            return undefined;
          }
          own.add(id);
          // The lock is held for as long as this promise is pending.
          return new Promise<void>((end) =>
            resolve(() => {
              end();
              return ended;
            }),
          );
        });
        const ended = held.then(() => void own.delete(id));
        ended.catch(reject);
      });
    },
    async claimed() {
      const { held = [] } = (await locks?.query()) ?? {};
      const names = held.map((lock) => lock.name ?? '').filter((one) => one.startsWith(prefix));
      return new Set(names.map((one) => one.slice(prefix.length)).filter((id) => !own.has(id)));
    },
    async released(id, signal) {
      await locks?.request(prefix + id, { mode: 'shared', signal }, () => undefined);
    },
    close: () => channel?.close(),
  };
}

/** Another tab may run a newer build of the page. */
function parseNews(data: unknown): TabNews | null {
  if (typeof data !== 'object' || data === null) return null;
  const { type, id } = data as Record<string, unknown>;
  if ((type !== 'changed' && type !== 'removed') || (typeof id !== 'string' && id !== null)) return null;
  return { type, id };
}
