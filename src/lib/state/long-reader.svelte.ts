import type { AppError } from '#base/errors.ts';
import { excerptText } from '#chat/attachment-text.ts';
import type { Attachment, AttachmentSection, StandIn } from '#chat/attachment.ts';
import { isNothing, notesTokens, partPrompt, placedNotes } from '#chat/long-text.ts';
import { selectPassages } from '#chat/select-passages.ts';
import { chunkDocument } from '#documents/chunk.ts';
import type { DocumentKind } from '#documents/document.ts';
import type { Speaker } from './chat-session.svelte.ts';
import { asAppError } from './problem.ts';

/** Notes that are still too long are read once more, like a text; each time they become much shorter. */
const MAX_ROUNDS = 4;
/** Marks of pages and gaps between passages take a little more than the passage itself. */
const MARKS_PART = 0.1;
/** Of a passage that is chosen by itself: a paragraph or two. */
const PASSAGE_TOKENS = 160;
/** Where nobody asked anything. */
const SUM_UP = 'What does it say? Sum up the main points.';

type Texted = Pick<Attachment, 'name' | 'format' | 'pages' | 'sections'>;

export type ReadingParts = {
  readonly name: string;
  readonly done: number;
  readonly total: number;
  /** From the parts that are read; null before the first. */
  readonly secondsLeft: number | null;
};

/** Reads texts that are too long for the model part by part, for one question, into notes that stand for them. */
export class LongReader {
  progress = $state.raw<ReadingParts | null>(null);
  error = $state.raw<AppError | null>(null);
  #stop: AbortController | null = null;

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * The notes on each file, at most `roomTokens` together; null when it was stopped or failed. Files that take less than
   * their share of the room are not read: null in their place.
   */
  async read(
    files: readonly Texted[],
    question: string,
    roomTokens: number,
    { engine, model }: Speaker,
  ): Promise<(StandIn | null)[] | null> {
    if (this.progress !== null) return null;
    const stop = (this.#stop = new AbortController());
    this.error = null;
    const asked = question.trim() || SUM_UP;
    const each = Math.floor(roomTokens / Math.max(1, files.length));
    const count = async (text: string) => (await engine.tokenize(text)).length;
    try {
      const notes: (StandIn | null)[] = [];
      for (const file of files) {
        const length = await count(file.sections.map(({ text }) => text).join('\n'));
        if (length <= each) notes.push(null);
        else notes.push(await this.#readOne(file, asked, each, { engine, model }, count, stop.signal));
      }
      return notes;
    } catch (error) {
      if (!stop.signal.aborted) this.error = asAppError(error);
      return null;
    } finally {
      this.progress = null;
      this.#stop = null;
    }
  }

  /**
   * Of each file the passages that have most to do with the question, at most `roomTokens` together; null where the file takes less
   * than its share. Asks the model nothing.
   */
  async choose(
    files: readonly Texted[],
    question: string,
    roomTokens: number,
    { engine }: Pick<Speaker, 'engine'>,
  ): Promise<(StandIn | null)[]> {
    const each = Math.floor(roomTokens / Math.max(1, files.length));
    const countTokens = async (text: string) => (await engine.tokenize(text)).length;
    return Promise.all(
      files.map(async (file): Promise<StandIn | null> => {
        if ((await countTokens(file.sections.map(({ text }) => text).join('\n'))) <= each) return null;
        const maxTokens = Math.max(16, Math.min(PASSAGE_TOKENS, Math.floor(each / 3)));
        const kind = file.format as DocumentKind;
        const passages = await chunkDocument({ sections: file.sections, kind }, { maxTokens, countTokens });
        const chosen = selectPassages(question, passages, Math.floor(each * (1 - MARKS_PART)));
        const spans = chosen.flatMap((passage) => passage.spans);
        return { kind: 'passages', question, parts: chosen.length, text: excerptText(file, spans) };
      }),
    );
  }

  stop(): void {
    this.#stop?.abort();
  }

  async #readOne(
    file: Texted,
    question: string,
    roomTokens: number,
    { engine, model }: Speaker,
    count: (text: string) => Promise<number>,
    signal: AbortSignal,
  ): Promise<StandIn> {
    const answerTokens = notesTokens(model.contextLength);
    const overhead = (await engine.countTokens([{ role: 'user', content: partPrompt(question, '', 98, 99) }])).total;
    const free = model.contextLength - answerTokens - overhead;
    const maxTokens = Math.max(32, Math.floor(free * (1 - MARKS_PART)) - 32);
    let sections: readonly AttachmentSection[] = file.sections;
    let parts = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const kind = round === 0 ? (file.format as DocumentKind) : 'text';
      const passages = await chunkDocument({ sections, kind }, { maxTokens, countTokens: count, signal });
      if (round === 0) parts = passages.length;
      const notes: AttachmentSection[] = [];
      const startedMs = this.#now();
      for (const [index, { spans }] of passages.entries()) {
        const spentMs = this.#now() - startedMs;
        const secondsLeft = index === 0 ? null : (spentMs / index / 1000) * (passages.length - index);
        this.progress = { name: file.name, done: index, total: passages.length, secondsLeft };
        const text = excerptText({ name: file.name, pages: file.pages, sections }, spans);
        const answer = await engine.chat.completions.create(
          {
            messages: [{ role: 'user', content: partPrompt(question, text, index, passages.length) }],
            max_tokens: answerTokens,
            temperature: 0,
          },
          { signal },
        );
        const said = answer.choices[0]?.message.content ?? '';
        const pages = spans.map(({ sectionIndex }) => sections[sectionIndex]?.page ?? null);
        if (!isNothing(said) && said.trim() !== '') {
          // Notes on notes name the pages in their own words.
          const placed = round === 0 ? placedNotes(said, pages, index) : said.trim();
          notes.push({ label: '', page: null, text: placed });
        }
      }
      const text = notes.map((one) => one.text).join('\n\n') || 'Nothing in it helps to answer the question.';
      if (passages.length === 1 || (await count(text)) <= roomTokens) return { kind: 'notes', question, parts, text };
      sections = notes;
    }
    return { kind: 'notes', question, parts, text: sections.map(({ text }) => text).join('\n\n') };
  }
}
