// From raw rounds to the rows people read.
import { OURS } from './contestants.ts';
import type { BenchResult, EngineResult, PerToken, Round } from './result.ts';
import { ratioOf, spreadOf, type Spread } from './statistics.ts';

export type Row = {
  readonly name: string;
  readonly unit: string;
  /** One a contestant, in the result's order. */
  readonly cells: readonly (Spread | null)[];
  /** Ours over each, from pairs of the same round; null for our own column and where there is no number. */
  readonly ratios: readonly (Spread | null)[];
  readonly digits: number;
};

type Metric = {
  readonly name: string;
  readonly unit: string;
  readonly digits: number;
  /** Whether a wrong answer makes the number void. */
  readonly isSpeed: boolean;
  read(round: Round): number | null;
};

const MB = 1e6;
const megabytes = (bytes: number | null) => (bytes === null ? null : bytes / MB);
const count = (name: keyof PerToken) => (round: Round) => round.perToken?.[name] ?? null;

function metrics(result: BenchResult): Metric[] {
  const { mediumTokens, longTokens, decodeTokens } = result.settings;
  const modelBytes = result.model.bytes;
  return [
    {
      name: 'Import into the browser',
      unit: 'MB/s',
      digits: 1,
      isSpeed: false,
      read: (round) => modelBytes / MB / (round.import.elapsedMs / 1000),
    },
    { name: 'Warm load', unit: 's', digits: 2, isSpeed: false, read: ({ load }) => load.elapsedMs / 1000 },
    {
      name: 'Warm load to first token',
      unit: 's',
      digits: 2,
      isSpeed: true,
      read: ({ load }) => load.firstTokenMs / 1000,
    },
    {
      name: `Time to first token, ${mediumTokens} tokens`,
      unit: 's',
      digits: 2,
      isSpeed: true,
      read: ({ medium }) => medium.firstTokenMs / 1000,
    },
    {
      name: `Prefill, ${mediumTokens} tokens`,
      unit: 'tokens/s',
      digits: 1,
      isSpeed: true,
      read: ({ medium }) => medium.promptTokens / (medium.firstTokenMs / 1000),
    },
    {
      name: `Prefill, ${longTokens} tokens`,
      unit: 'tokens/s',
      digits: 1,
      isSpeed: true,
      read: ({ long }) => long.promptTokens / (long.firstTokenMs / 1000),
    },
    {
      name: `Decode, ${decodeTokens} tokens`,
      unit: 'tokens/s',
      digits: 2,
      isSpeed: true,
      read: ({ decode }) => decodeTokens / (decode.decodeMs / 1000),
    },
    { name: 'Dispatches a token', unit: '', digits: 1, isSpeed: false, read: count('dispatches') },
    { name: 'Submits a token', unit: '', digits: 1, isSpeed: false, read: count('submits') },
    { name: 'Readbacks a token', unit: '', digits: 1, isSpeed: false, read: count('readbacks') },
    { name: 'Buffers made a token', unit: '', digits: 1, isSpeed: false, read: count('buffersCreated') },
    { name: 'Bind groups made a token', unit: '', digits: 1, isSpeed: false, read: count('bindGroupsCreated') },
    { name: 'Pipelines made a token', unit: '', digits: 1, isSpeed: false, read: count('pipelinesCreated') },
    {
      name: 'Read from the store, of the model’s size',
      unit: '×',
      digits: 3,
      isSpeed: false,
      read: ({ load }) => (load.storeBytesRead === null ? null : load.storeBytesRead / modelBytes),
    },
    {
      name: 'Peak memory while importing',
      unit: 'MB',
      digits: 0,
      isSpeed: false,
      read: ({ memory }) => megabytes(memory.importPeak),
    },
    {
      name: 'Peak memory, load and first answer',
      unit: 'MB',
      digits: 0,
      isSpeed: false,
      read: ({ memory }) => megabytes(memory.loadPeak),
    },
    {
      name: 'Scripts and wasm, as the browser measures',
      unit: 'MB',
      digits: 0,
      isSpeed: false,
      read: ({ memory }) => megabytes(memory.script),
    },
    {
      name: 'Model library’s wasm memory',
      unit: 'MB',
      digits: 1,
      isSpeed: false,
      read: ({ memory }) => megabytes(memory.wasm),
    },
    { name: 'GPU buffers', unit: 'MB', digits: 0, isSpeed: false, read: ({ memory }) => megabytes(memory.gpuBuffers) },
  ];
}

function valuesOf(engine: EngineResult, metric: Metric): (number | null)[] {
  return engine.rounds.map((round) => (metric.isSpeed && round.verdict.kind === 'wrong' ? null : metric.read(round)));
}

const numbers = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

export function rowsOf(result: BenchResult): Row[] {
  const ours = result.engines.find(({ id }) => id === OURS);
  return metrics(result).map((metric) => {
    const columns = result.engines.map((engine) => valuesOf(engine, metric));
    const ourColumn = ours ? valuesOf(ours, metric) : [];
    return {
      name: metric.name,
      unit: metric.unit,
      digits: metric.digits,
      cells: columns.map((values) => spreadOf(numbers(values))),
      ratios: columns.map((values, at) => (result.engines[at]!.id === OURS ? null : ratioOf(ourColumn, values))),
    };
  });
}

function cellText(spread: Spread | null, digits: number): string {
  if (!spread) return '–';
  const number = (value: number) => value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
  const isFlat = number(spread.low) === number(spread.high);
  return isFlat ? number(spread.median) : `${number(spread.median)} (${number(spread.low)}–${number(spread.high)})`;
}

function ratioText(ratio: Spread | null): string {
  return ratio ? `${ratio.median.toFixed(2)}×` : '';
}

function grid(result: BenchResult): string[][] {
  const head = ['', ...result.engines.map(({ label }) => label)];
  const body = rowsOf(result).map((row) => [
    row.unit ? `${row.name}, ${row.unit}` : row.name,
    ...row.cells.map((cell, at) => {
      const ratio = ratioText(row.ratios[at] ?? null);
      return cellText(cell, row.digits) + (ratio ? ` [${ratio}]` : '');
    }),
  ]);
  const answers = ['Answer', ...result.engines.map(verdictText)];
  return [head, ...body, answers];
}

function verdictText({ rounds, failure }: EngineResult): string {
  if (rounds.length === 0) return failure ? 'did not run' : '–';
  const wrong = rounds.find(({ verdict }) => verdict.kind === 'wrong');
  if (wrong) return `void: ${wrong.verdict.equalTokens} of ${wrong.verdict.ofTokens} tokens equal`;
  const tie = rounds.find(({ verdict }) => verdict.kind === 'tie');
  return tie ? `equal up to a tie at token ${tie.verdict.equalTokens + 1}` : 'equal to llama.cpp';
}

const LEGEND =
  'Median of the rounds (smallest–largest) [median over the rounds of Daylight divided by it]. ' +
  'A speed with a wrong answer is void and left out.';

function headline({ machine, browser, adapter, model, settings, takenAt }: BenchResult): string {
  const gib = (machine.memoryBytes / 2 ** 30).toFixed(0);
  return [
    `${takenAt.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, ${gib} GiB, ${machine.system}`,
    `Chromium ${browser.version}, adapter ${adapter.vendor} ${adapter.architecture} (${adapter.description || adapter.device})`,
    `${model.name}, ${model.bytes} bytes; context ${settings.contextLength}; ${settings.rounds} interleaved rounds`,
    `revision ${machine.revision ?? 'unknown'}; load average before the run ${machine.loadAverage ?? 'unknown'}`,
  ].join('; ');
}

/** The table for a terminal. */
export function terminalTable(result: BenchResult): string {
  const cells = grid(result);
  const widths = cells[0]!.map((_cell, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '),
  );
  return [headline(result).replaceAll('; ', '\n'), '', ...lines, '', LEGEND].join('\n');
}

/** The table as Markdown, with where it was taken. */
export function markdownTable(result: BenchResult): string {
  const cells = grid(result);
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const rule = line(cells[0]!.map((_cell, at) => (at === 0 ? '---' : '---:')));
  const failures = result.engines
    .filter(({ failure }) => failure)
    .map(({ label, failure }) => `- ${label}: ${failure}`);
  return [`${headline(result)}.`, '', line(cells[0]!), rule, ...cells.slice(1).map(line), '', LEGEND, ...failures].join(
    '\n',
  );
}

const README_ROWS =
  /^(Import|Warm load,|Warm load$|Prefill|Decode|Time to first|Dispatches|Submits|Read from|Peak memory, load)/;

/** The few rows a newcomer wants, as Markdown. */
export function readmeTable(result: BenchResult): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const heads = ['', ...result.engines.map(({ label }) => label)];
  const body = rowsOf(result)
    .filter(({ name }) => README_ROWS.test(name))
    .map((row) => [
      row.unit ? `${row.name}, ${row.unit}` : row.name,
      ...row.cells.map((cell) => (cell ? cell.median.toFixed(row.digits) : '–')),
    ]);
  const rule = line(heads.map((_head, at) => (at === 0 ? '---' : '---:')));
  return [line(heads), rule, ...body.map(line), '', `Medians. ${headline(result)}.`].join('\n');
}
