import { askedInEnglish, askedToTranslate, isWeakIn } from '#chat/english-first.ts';
import { languageOfText, latinLanguageOf } from '#voice/spoken-language.ts';
import type { CatalogModel } from '#catalog/catalog.ts';
import type { Message } from '#chat/conversation.ts';
import type { ModelChoice } from './model-choice.ts';

/** As much of the app as is needed. */
type Helped = {
  readonly model: { readonly status: string; readonly choice: ModelChoice | null };
  readonly catalog: { find(id: string | null): CatalogModel | null };
  readonly session: { readonly draft: string; readonly busy: boolean; readonly messages: readonly Message[] };
  write(text: string): void;
  send(): Promise<void>;
};

/** Letters before a draft tells its language; a word or two could be any. */
const TELLING = 12;

/** Says where the loaded model is weak in the person's language, and asks it by way of English. */
export class LanguageHelp {
  /** The language it is weak in, as a tag: the draft's, and the page's while there is no draft. Null where all is well. */
  readonly weak = $derived.by(() => {
    const { draft } = this.#app.session;
    const isTelling = (draft.match(/\p{L}/gu)?.length ?? 0) >= TELLING;
    const page = this.#pageLanguage();
    const language = isTelling ? languageOfText(draft, latinLanguageOf(draft, page)) : page;
    return this.#app.model.status === 'ready' && isWeakIn(language, this.#known) ? language : null;
  });
  readonly #app: Helped;
  readonly #pageLanguage: () => string;

  constructor(app: Helped, pageLanguage: () => string) {
    this.#app = app;
    this.#pageLanguage = pageLanguage;
  }

  /** What the catalog says of the loaded model; null for a model of the person's own. */
  get #known(): readonly string[] | null {
    const { choice } = this.#app.model;
    const id = choice?.kind === 'catalog' ? choice.model : choice?.kind === 'stored' ? choice.catalogId : null;
    return this.#app.catalog.find(id)?.languages ?? null;
  }

  /** Sends the draft to be answered in English, and when the answer is whole, asks for its translation. */
  async askInEnglish(): Promise<void> {
    const { session } = this.#app;
    const [question, language] = [session.draft, this.weak];
    if (language === null || question.trim() === '' || session.busy) return;
    this.#app.write(askedInEnglish(question));
    const before = session.messages.length;
    await this.#app.send();
    const answer = session.messages.at(-1);
    if (answer === undefined || session.messages.length === before) {
      if (session.draft === askedInEnglish(question)) this.#app.write(question); // nothing was sent: it did not fit
      return;
    }
    if (this.#app.session !== session || answer.role !== 'assistant' || answer.state !== 'done') return;
    const meanwhile = session.draft;
    this.#app.write(askedToTranslate(nameInEnglish(language)));
    const sent = this.#app.send();
    if (meanwhile !== '') void sent.then(() => session.draft === '' && this.#app.write(meanwhile));
    await sent;
  }
}

const nameInEnglish = (tag: string): string => new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag;
