// Where a result goes: the terminal, bench/results, and on request the committed copies.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from './result.ts';
import { markdownTable, readmeTable, terminalTable } from './table.ts';

/** Replaces what stands between the two comments `bench:begin` and `bench:end`; false when the file has none. */
function replaceBetweenMarks(path: string, text: string): boolean {
  if (!existsSync(path)) return false;
  const page = readFileSync(path, 'utf8');
  const marked = /(<!-- bench:begin -->\n)[^]*?(<!-- bench:end -->)/;
  if (!marked.test(page)) return false;
  writeFileSync(
    path,
    page.replace(marked, (_all, begin: string, end: string) => `${begin}${text}\n${end}`),
  );
  return true;
}

/** Prints the table and writes the JSON; gives the file's path. */
export function reportResult(result: BenchResult): string {
  console.log(`\n${terminalTable(result)}\n`);
  for (const { label, rounds, facts, failure } of result.engines) {
    const last = rounds.at(-1);
    console.log(`${label}: ${facts ? `${facts.version}; ${facts.runsOn}` : 'did not start'}`);
    if (failure) console.log(`  stopped: ${failure}`);
    for (const [what, work] of Object.entries(last?.threadMs ?? {})) {
      const threads = Object.entries(work ?? {}).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
      console.log(`  processor time of a ${what}, ms: ${threads.join(', ')}`);
    }
    if (last) console.log(`  ${last.verdict.explanation}\n  ${JSON.stringify(last.decode.text)}`);
  }
  console.log(`llama.cpp, native:\n  ${JSON.stringify(result.expectedText)}`);
  const folder = join('bench', 'results');
  mkdirSync(folder, { recursive: true });
  const name = `${result.takenAt.slice(0, 19).replaceAll(':', '-')}-${result.adapter.architecture || result.adapter.vendor}`;
  const path = join(folder, `${name}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

/** Makes this result the one the repository shows: bench/latest.json, docs/benchmark.md, and the README's table. */
export function publishResult(result: BenchResult): void {
  writeFileSync(join('bench', 'latest.json'), `${JSON.stringify(result, null, 1)}\n`);
  const written = [
    replaceBetweenMarks(join('docs', 'benchmark.md'), markdownTable(result)) && 'docs/benchmark.md',
    replaceBetweenMarks('README.md', readmeTable(result)) && 'README.md',
  ].filter(Boolean);
  console.log(`Published to bench/latest.json${written.map((path) => `, ${path}`).join('')}.`);
}
