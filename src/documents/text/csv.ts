// Tables as text: RFC 4180 with the freedoms that spreadsheets take (other separators, "sep=;", quotes within a field).
import { AppError } from '#base/errors.ts';
import type { DocumentWarning, Section } from '../document.ts';
import type { CountCharacters } from '../limits.ts';

/** A section is a place that a citation can name: small enough to find a row by eye. */
const ROWS_PER_SECTION = 100;

/** As many as a spreadsheet has. */
const MAX_COLUMNS = 16_384;

const SEPARATORS = [',', ';', '\t', '|'] as const;

/** Writes each row as lines "column: value", rows apart by an empty line; the first row names the columns. */
export function readCsv(
  text: string,
  { name, count }: { name: string; count: CountCharacters },
): { sections: Section[]; warnings: DocumentWarning[] } {
  const warnings: DocumentWarning[] = [];
  const declared = /^sep=(.)\n/.exec(text);
  const separator = declared?.[1] ?? findSeparator(text);
  const rows = csvRows(text, separator, declared ? declared[0].length : 0, (row) =>
    warnings.push({ type: 'quote-not-closed', row }),
  );
  const sections: Section[] = [];
  let header: readonly string[] | null = null;
  let lines: string[] = [];
  let first = 1;
  let row = 0;
  const finish = (): void => {
    if (lines.length > 0) sections.push({ label: `rows ${first}–${row}`, page: null, text: lines.join('\n\n') });
    lines = [];
    first = row + 1;
  };
  for (const cells of rows) {
    if (cells.length > MAX_COLUMNS) {
      throw new AppError('document-too-large', { name, value: cells.length, unit: 'columns', limit: MAX_COLUMNS });
    }
    if (header === null) {
      header = cells.map((cell, index) => cell.trim() || `column ${index + 1}`);
      continue;
    }
    row++;
    const line = rowText(header, cells);
    count(line.length + 2);
    if (line !== '') lines.push(line);
    if (row % ROWS_PER_SECTION === 0) finish();
  }
  finish();
  if (header !== null && sections.length === 0) {
    const names = header.join('\n');
    count(names.length);
    sections.push({ label: '', page: null, text: names });
  }
  return { sections, warnings };
}

function rowText(header: readonly string[], cells: readonly string[]): string {
  const lines: string[] = [];
  cells.forEach((cell, index) => {
    const value = cell.trim();
    if (value !== '') lines.push(`${header[index] ?? `column ${index + 1}`}: ${value}`);
  });
  return lines.join('\n');
}

/** The separator that stands most often, and equally often, in the first lines. */
function findSeparator(text: string): string {
  const lines = text
    .slice(0, 20_000)
    .replace(/"[^"]*"/g, '')
    .split('\n', 20)
    .filter((line) => line !== '');
  const score = (separator: string): number => {
    const counts = lines.map((line) => line.split(separator).length - 1);
    const least = Math.min(...counts);
    return least === 0 ? Math.max(0, ...counts) / 1000 : least;
  };
  return SEPARATORS.reduce((best, one) => (score(one) > score(best) ? one : best));
}

/** Rows of cells; empty lines are no rows. `onOpenQuote` gets the row (from 1, the header is 0) whose quote never ends. */
export function* csvRows(
  text: string,
  separator: string,
  from = 0,
  onOpenQuote: (row: number) => void = () => {},
): Generator<string[]> {
  let cells: string[] = [];
  let at = from;
  let row = 0;
  while (at <= text.length) {
    let cell: string;
    if (text[at] === '"') {
      cell = '';
      for (at++; ; at += 2) {
        const quote = text.indexOf('"', at);
        if (quote < 0) onOpenQuote(row);
        const end = quote < 0 ? text.length : quote;
        cell += text.slice(at, end);
        at = end;
        if (text[at + 1] !== '"' || quote < 0) break;
        cell += '"'; // two quotes are one
      }
      at = Math.min(at + 1, text.length);
      const rest = endOfCell(text, separator, at);
      cell += text.slice(at, rest); // what follows a closing quote belongs to the cell
      at = rest;
    } else {
      const end = endOfCell(text, separator, at);
      cell = text.slice(at, end);
      at = end;
    }
    if (cells.length <= MAX_COLUMNS) cells.push(cell); // one too many is enough to refuse the row
    const isLast = at >= text.length;
    if (isLast || text[at] === '\n') {
      if (cells.length > 1 || cells[0] !== '') {
        yield cells;
        row++;
      }
      cells = [];
      if (isLast) return;
    }
    at++;
  }
}

/** Short looks ahead, so that a file with one separator and many lines is not searched to its end for each cell. */
function endOfCell(text: string, separator: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === separator || text[at] === '\n') return at;
  }
  return text.length;
}
