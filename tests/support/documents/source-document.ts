import type { DocumentKind, Section, SourceDocument } from '#documents/document.ts';

/** A document of these texts: pages of a PDF, or sections of another kind. */
export function sourceDocument(texts: readonly string[], kind: DocumentKind = 'pdf'): SourceDocument {
  const sections = texts.map((text, index): Section =>
    kind === 'pdf' ? { label: `page ${index + 1}`, page: index + 1, text } : { label: '', page: null, text },
  );
  const characterCount = texts.reduce((sum, { length }) => sum + length, 0);
  return { name: 'test', kind, language: null, direction: 'ltr', sections, characterCount, warnings: [] };
}
