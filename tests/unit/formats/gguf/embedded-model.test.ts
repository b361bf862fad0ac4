// The model that ships with the app is what its description says, and the script that cut it cuts any model well.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseGgufHeader } from '#formats/gguf/header.ts';
import { readLlamaConfig } from '#formats/gguf/llama-config.ts';
import { joinSplits, splitNames } from '#formats/gguf/split.ts';
import { describeTinyModel, mixQ4KM } from '#tests/support/gguf/tiny-model.ts';
import { writeGguf } from '#tests/support/gguf/writer.ts';

type Description = {
  readonly source: { readonly name: string; readonly sizeBytes: number; readonly sha256: string };
  readonly files: readonly { readonly name: string; readonly sizeBytes: number; readonly sha256: string }[];
};

const MIB = 1024 * 1024;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function open(folder: string) {
  const description = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as Description;
  const files = description.files.map(({ name }) => new Uint8Array(readFileSync(join(folder, name))));
  const model = joinSplits(files.map((file) => parseGgufHeader(file, file.length)!));
  return { description, files, model };
}

describe('the embedded model', () => {
  const folder = 'static/models/smollm2-135m-instruct';
  const { description, files, model } = open(folder);

  test('has the bytes that model.json says, and no other pieces', () => {
    const found = description.files.map(({ name }, index) => ({
      name,
      sizeBytes: files[index]!.length,
      sha256: sha256(files[index]!),
    }));
    expect(found).toEqual(description.files);
    expect(splitNames(description.files[0]!.name)).toEqual(description.files.map(({ name }) => name));
    const pieces = readdirSync(folder).filter((name) => name.endsWith('.gguf'));
    expect(pieces.sort()).toEqual(description.files.map(({ name }) => name));
  });

  test('has pieces below 20 MiB, but for the one tensor that is larger', () => {
    const large = description.files.filter(({ sizeBytes }) => sizeBytes >= 20 * MIB);
    const largeIndex = model.tensors.get('token_embd.weight')!.fileIndex;
    expect(large).toEqual([description.files[largeIndex]]);
    expect([...model.tensors.values()].filter(({ fileIndex }) => fileIndex === largeIndex).length).toBe(1);
  });

  test('is SmolLM2 with 135 million parameters', () => {
    expect(readLlamaConfig(model)).toMatchObject({
      layerCount: 30,
      hiddenSize: 576,
      headCount: 9,
      kvHeadCount: 3,
      headDim: 64,
      ffnSize: 1536,
      vocabSize: 49_152,
      contextLength: 8192,
      tiedOutput: true,
      rope: { base: 100_000 },
    });
    const weights = [...model.tensors.values()].map(({ dimensions }) => dimensions.reduce((a, b) => a * b));
    expect(weights.reduce((a, b) => a + b)).toBe(134_515_008);
    expect(model.metadata.get('general.license')).toBe('apache-2.0');
  });
});

describe('split-gguf.mjs', () => {
  test('keeps every pair and every tensor, in pieces within the limit', () => {
    const folder = mkdtempSync(join(tmpdir(), 'daylight-split-'));
    try {
      const described = describeTinyModel({ types: mixQ4KM });
      const source = writeGguf(described);
      writeFileSync(join(folder, 'whole.gguf'), source);
      const script = ['scripts/split-gguf.mjs', join(folder, 'whole.gguf'), join(folder, 'cut'), '0.2'];
      execFileSync(process.execPath, script, { stdio: 'pipe' });

      const { description, files, model } = open(folder);
      expect(description.source).toEqual({ name: 'whole.gguf', sizeBytes: source.length, sha256: sha256(source) });
      expect(description.files.map(({ sha256 }) => sha256)).toEqual(files.map(sha256));
      expect(files.length).toBeGreaterThan(3);
      for (const file of files) expect(file.length).toBeLessThanOrEqual(0.2 * MIB);

      const whole = joinSplits([parseGgufHeader(source, source.length)!]);
      const own = [...model.metadata].filter(([key]) => !key.startsWith('split.'));
      expect(own).toEqual([...whole.metadata]);
      expect([...model.tensors.keys()]).toEqual([...whole.tensors.keys()]);
      for (const { name, offset, sizeBytes, fileIndex } of model.tensors.values()) {
        const written = described.tensors.find((tensor) => tensor.name === name)!;
        expect(Buffer.compare(files[fileIndex]!.subarray(offset, offset + sizeBytes), written.data)).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
