import { describe, expect, it } from 'vitest';
import type { BenchResult, EngineResult, Round } from '#bench/result.ts';
import { markdownTable, readmeTable, rowsOf, terminalTable } from '#bench/table.ts';

function round(decodeMs: number, kind: 'equal' | 'wrong'): Round {
  const generation = {
    text: '',
    promptTokens: 100,
    keptTokens: 0,
    completionTokens: 1,
    firstTokenMs: 2000,
    decodeMs,
    reported: null,
  };
  return {
    import: { bytes: 100e6, elapsedMs: 4000, stagesMs: {} },
    load: { elapsedMs: 1000, stagesMs: {}, storeBytesRead: 101e6, firstTokenMs: 1500 },
    medium: generation,
    long: generation,
    decode: generation,
    perToken: {
      dispatches: 151,
      submits: 2,
      readbacks: 1,
      buffersCreated: -0.001,
      bindGroupsCreated: 0,
      pipelinesCreated: 0,
      bytesWritten: 0,
    },
    threadMs: { load: null, token: null },
    memory: { idle: 1, importPeak: 200e6, loadPeak: 300e6, script: null, wasm: 1e6, gpuBuffers: 120e6 },
    verdict: { kind, equalTokens: 3, ofTokens: 65, explanation: '' },
  };
}

function resultWith(engines: EngineResult[]): BenchResult {
  return {
    format: 1,
    takenAt: '2026-01-02T03:04:05.000Z',
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryBytes: 2 ** 34,
      system: 'Linux',
      node: '20',
      revision: 'abc',
      loadAverage: 0,
    },
    browser: { version: '156', flags: [] },
    adapter: { vendor: 'google', architecture: 'swiftshader', device: '', description: '' },
    model: { name: 'model', files: [], bytes: 100e6 },
    settings: { rounds: 2, mediumTokens: 100, longTokens: 400, decodeTokens: 64, contextLength: 1024 },
    expectedText: '',
    engines,
  };
}

const engine = (id: string, rounds: Round[], failure: string | null = null): EngineResult => ({
  id,
  label: id,
  facts: null,
  rounds,
  failure,
});

const decodeRow = (result: BenchResult) => rowsOf(result).find(({ name }) => name.startsWith('Decode'))!;

describe('the benchmark table', () => {
  const ours = engine('daylight', [round(6400, 'equal'), round(3200, 'equal')]);

  it('gives tokens a second and the ratio of ours to theirs', () => {
    const row = decodeRow(resultWith([ours, engine('peer', [round(12800, 'equal'), round(12800, 'equal')])]));
    expect(row.cells.map((cell) => cell?.median)).toEqual([15, 5]);
    expect(row.ratios).toEqual([null, { median: 3, low: 2, high: 4, count: 2 }]);
  });

  it('leaves out the speed of a wrong answer, and says that it is void', () => {
    const result = resultWith([ours, engine('peer', [round(100, 'wrong')])]);
    expect(decodeRow(result).cells[1]).toBeNull();
    expect(decodeRow(result).ratios[1]).toBeNull();
    expect(terminalTable(result)).toContain('void: 3 of 65 tokens equal');
  });

  it('gives the reason of an engine that did not run', () => {
    const text = markdownTable(resultWith([ours, engine('peer', [], 'it has no shader-f16')]));
    expect(text).toContain('did not run');
    expect(text).toContain('- peer: it has no shader-f16');
  });

  it('writes no minus zero', () => {
    expect(terminalTable(resultWith([ours]))).not.toMatch(/-0\.0/);
  });

  it('names machine, browser, adapter and model in the short table too', () => {
    const text = readmeTable(resultWith([ours]));
    for (const word of ['A processor', 'Chromium 156', 'swiftshader', '100000000 bytes', 'Decode, 64 tokens']) {
      expect(text).toContain(word);
    }
  });
});
