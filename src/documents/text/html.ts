// The visible words of HTML: headings begin sections, lists keep their marks, tables their rows. Also the way of DOCX,
// which becomes HTML first.
import type { Section } from '../document.ts';
import type { CountCharacters } from '../limits.ts';
import { htmlTokens, type HtmlToken } from './html-tokens.ts';
import { MAX_LABEL } from './markdown.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Shown by no browser, or not as words. */
const UNSEEN = words(
  'script style noscript template iframe object embed svg canvas video audio textarea select datalist noembed noframes head rp',
);
const VOID = words('area base br col embed hr img input link meta param source track wbr');
/** Begin and end with an empty line. */
const PARAGRAPHS = words('p h1 h2 h3 h4 h5 h6 blockquote pre table ul ol dl figure hr form fieldset');
/** Begin and end with a new line. */
const LINES = words(
  'html body div section article main header footer nav aside address li dt dd tr caption figcaption details summary thead tbody tfoot legend center dialog option',
);
const HEADING = /^h[1-6]$/;

type Open = Extract<HtmlToken, { type: 'open' }>;
type Tag = Exclude<HtmlToken, { type: 'text' }>;

/** The words that a reader of the page would see, by section. Nothing is rendered, run or fetched. */
export function readHtml(source: string, count: CountCharacters): { sections: Section[]; language: string | null } {
  const page = new VisibleText(count);
  let language: string | null = null;
  let title: string | null = null;
  let inTitle = false;
  let unseen: { name: string; depth: number } | null = null;
  for (const token of htmlTokens(source)) {
    if (token.type === 'text') {
      if (inTitle && title === null) title = token.text.replace(/\s+/g, ' ').trim();
      else if (unseen === null && !inTitle) page.text(token.text);
      continue;
    }
    const { name } = token;
    if (name === 'title') {
      inTitle = token.type === 'open';
      continue;
    }
    if (name === 'body') unseen = null; // a head may lack its end tag
    if (unseen !== null) {
      if (name === unseen.name) unseen.depth += token.type === 'open' ? 1 : -1;
      if (unseen.depth === 0 || endsUnclosed(unseen.name, token)) unseen = null;
      if (token.type === 'close' || unseen !== null) continue;
    }
    if (token.type === 'open') {
      if (name === 'html') language = languageTag(token.attributes.get('lang'));
      if (isUnseen(token)) {
        if (!VOID.has(name)) unseen = { name, depth: 1 };
      } else page.open(token);
    } else page.close(name);
  }
  return { sections: page.finish(title ?? ''), language };
}

const languageTag = (lang: string | undefined): string | null =>
  lang !== undefined && /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i.test(lang) ? lang : null;

/** True where a hidden element without an end tag ends by what comes next. */
function endsUnclosed(unseen: string, { type, name }: Tag): boolean {
  const isBlock = PARAGRAPHS.has(name) || LINES.has(name);
  if (unseen === 'head' || unseen === 'p') return type === 'open' && isBlock;
  return unseen === 'li' && type === 'open' && name === 'li';
}

function isUnseen({ name, attributes }: Open): boolean {
  if (UNSEEN.has(name) || attributes.has('hidden')) return true;
  if (name === 'dialog' && !attributes.has('open')) return true;
  return /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(attributes.get('style') ?? '');
}

/** Puts words together: white space as a browser would, one section from heading to heading. */
class VisibleText {
  readonly #count: CountCharacters;
  readonly #sections: Section[] = [];
  #parts: string[] = [];
  #label: string | null = null;
  #heading: string | null = null;
  /** Line ends due before the next word; none at the beginning of a section. */
  #breaks = 0;
  #space = false;
  #isEmpty = true;
  #preDepth = 0;
  #isInCell = false;
  #isAfterMark = false;
  #isFirstCell = true;
  #lists: { item: number; isOrdered: boolean }[] = [];

  constructor(count: CountCharacters) {
    this.#count = count;
  }

  text(text: string): void {
    if (this.#preDepth > 0) {
      this.#write(text);
      return;
    }
    const collapsed = text.replace(/[ \t\n\f\u00a0]+/g, ' ');
    const trimmed = collapsed.trim();
    if (collapsed.startsWith(' ')) this.#space = true;
    if (trimmed === '') return;
    this.#write(trimmed);
    this.#space = collapsed.endsWith(' ');
  }

  open({ name, attributes }: Open): void {
    if (name === 'tr') this.#isInCell = false; // end tags of cells may be left out
    this.#break(name);
    if (name === 'br') this.#lineEnds(this.#breaks + 1);
    else if (HEADING.test(name)) {
      this.#endSection();
      this.#heading = '';
    } else if (name === 'pre') this.#preDepth++;
    else if (name === 'ul' || name === 'ol') {
      const start = Number(attributes.get('start') ?? 1);
      this.#lists.push({ item: Number.isSafeInteger(start) ? start : 1, isOrdered: name === 'ol' });
    } else if (name === 'li') this.#writeItemMark();
    else if (name === 'tr') this.#isFirstCell = true;
    else if (name === 'td' || name === 'th') {
      this.#isInCell = true;
      if (!this.#isFirstCell) {
        this.#space = true;
        this.#write('|');
        this.#space = true;
      }
      this.#isFirstCell = false;
    }
  }

  close(name: string): void {
    if (name === 'td' || name === 'th' || name === 'tr' || name === 'table') this.#isInCell = false;
    this.#break(name);
    if (HEADING.test(name) && this.#heading !== null) {
      this.#label = this.#heading.trim().slice(0, MAX_LABEL);
      this.#heading = null;
    } else if (name === 'pre') this.#preDepth = Math.max(0, this.#preDepth - 1);
    else if (name === 'ul' || name === 'ol') this.#lists.pop();
  }

  /** The sections; what comes before the first heading is labelled with the title of the page. */
  finish(title: string): Section[] {
    this.#endSection();
    const [first] = this.#sections;
    if (first?.label === '') this.#sections[0] = { ...first, label: title.slice(0, MAX_LABEL) };
    return this.#sections;
  }

  #break(name: string): void {
    if (PARAGRAPHS.has(name)) this.#lineEnds(this.#lists.length > 0 ? 1 : 2);
    else if (LINES.has(name)) this.#lineEnds(1);
  }

  #lineEnds(count: number): void {
    if (this.#isInCell)
      this.#space = true; // a cell stays in the line of its row
    else if (this.#isAfterMark)
      this.#space = true; // and a paragraph beside the mark of its item
    else this.#breaks = Math.min(2, Math.max(this.#breaks, count));
  }

  #writeItemMark(): void {
    const list = this.#lists.at(-1);
    const mark = list?.isOrdered ? `${list.item++}.` : '-';
    this.#write('  '.repeat(Math.min(10, Math.max(0, this.#lists.length - 1))) + mark);
    this.#space = true;
    this.#isAfterMark = true;
  }

  #write(text: string): void {
    if (text === '') return;
    if (this.#heading !== null && this.#heading.length < MAX_LABEL) this.#heading += (this.#space ? ' ' : '') + text;
    const lead = this.#isEmpty ? '' : this.#breaks > 0 ? '\n'.repeat(this.#breaks) : this.#space ? ' ' : '';
    this.#count(lead.length + text.length);
    this.#parts.push(lead + text);
    this.#isEmpty = this.#isAfterMark = false;
    this.#breaks = 0;
    this.#space = false;
  }

  #endSection(): void {
    const text = this.#parts.join('');
    if (/\S/.test(text)) this.#sections.push({ label: this.#label ?? this.#heading?.trim() ?? '', page: null, text });
    this.#parts = [];
    this.#label = this.#heading = null;
    this.#isEmpty = true;
    this.#breaks = 0;
    this.#space = false;
    this.#isInCell = false;
  }
}
