// Runs after the site is built: cuts every model file in build/ that static hosts may refuse into parts below their limit, and
// says so in the model's model.json, from which the engine learns what to fetch. Tensors cannot be split in GGUF, so a file with
// one large tensor stays large however the model is split.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** 20 MiB: the smallest limit among common hosts is 25 MiB. */
const PART_BYTES = 20 * 1024 * 1024;

function cut(folder, file) {
  const path = join(folder, file.name);
  const bytes = readFileSync(path);
  if (bytes.length <= PART_BYTES) return file;
  const count = Math.ceil(bytes.length / PART_BYTES);
  const parts = Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    const name = `${file.name}.part-${index + 1}-of-${count}`;
    writeFileSync(join(folder, name), part);
    return { name, sizeBytes: part.length, sha256: createHash('sha256').update(part).digest('hex') };
  });
  rmSync(path);
  return { ...file, parts };
}

const models = join('build', 'models');
for (const name of existsSync(models) ? readdirSync(models) : []) {
  const folder = join(models, name);
  const index = join(folder, 'model.json');
  if (!existsSync(index)) continue;
  const model = JSON.parse(readFileSync(index, 'utf8'));
  writeFileSync(
    index,
    `${JSON.stringify({ ...model, files: model.files.map((file) => cut(folder, file)) }, null, 2)}\n`,
  );
}
