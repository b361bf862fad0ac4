// What a file becomes: plain data that crosses threads and is stored as it is.

export type DocumentKind = 'text' | 'markdown' | 'code' | 'html' | 'csv' | 'pdf' | 'docx';

/** A page of a PDF, the part under a heading, or some rows of a table. */
export type Section = {
  /** "page 3", the words of the heading, "rows 1–100", or nothing. */
  readonly label: string;
  /** Counts from 1; null where the file has no pages. */
  readonly page: number | null;
  readonly text: string;
};

export type DocumentWarning =
  /** The bytes are no UTF-8 and say nothing of their encoding; this one was taken. */
  | { readonly type: 'encoding-assumed'; readonly encoding: string }
  /** These pages hold no text: pictures of text, drawings, or nothing. */
  | { readonly type: 'pages-without-text'; readonly pages: readonly number[] }
  /** These pages could not be read and are missing. */
  | { readonly type: 'pages-damaged'; readonly pages: readonly number[] }
  /** A quoted field of the table never ends; all that follows it is in that field. */
  | { readonly type: 'quote-not-closed'; readonly row: number };

/** The text of a file. Positions in it are a section's index and an offset in UTF-16 units. */
export type SourceDocument = {
  readonly name: string;
  readonly kind: DocumentKind;
  /** A BCP 47 language where the script, or the file itself, tells it; otherwise null. */
  readonly language: string | null;
  readonly direction: 'ltr' | 'rtl';
  readonly sections: readonly Section[];
  /** Of all sections, in UTF-16 units. */
  readonly characterCount: number;
  readonly warnings: readonly DocumentWarning[];
};

/** A stretch of one section: `text.slice(start, end)`. */
export type Span = { readonly sectionIndex: number; readonly start: number; readonly end: number };

export type ReadProgress = {
  /** Pages of a PDF, from 0 when it is open; otherwise one whole. */
  readonly done: number;
  readonly total: number;
};

/** What a reader of one format makes; the rest of the document follows from it. */
export type ReadText = {
  readonly sections: readonly Section[];
  readonly warnings: readonly DocumentWarning[];
  /** As the file itself says, if it does. */
  readonly language?: string | null;
};
