// Writes a program as the bytes that the runtime reads in place (runtime/assembly/program.ts). Everything is little
// endian u32; offsets count from the block's start; {..} pairs are {offset, size or count}.
//
//   0 magic "DYLG"    4 format       8 size         12 hidden       16 vocabulary   20 prefill chunk
//  24 position limit 28 rotary state 32 {metadata}  40 {kernel map} 48 {kernels}    56 {parameters}
//  64 {states}       72 {frequencies}               80 {steps} for each of the nine tasks, up to 152
//
//  kernel, 56 bytes:     {name} {code} bindings scalars, 8 bytes of scalar variables, then x and y: variable mul div
//  parameter, 12 bytes:  {name} bytes
//  state, 12 bytes:      bytes a position, bytes a row, fixed bytes
//  frequency, 8 bytes:   f64
//  step:                 kernel index (or ~0: submit), then one word a binding: space << 24 | index
//
// The runtime trusts the block, so everything it relies on is checked here.
import { AppError } from '#base/errors.ts';
import { VARIABLES, type GridSide, type Kernel } from '#model-library/kernels/kernel.ts';
import { kernelMapJson, metadataJson } from '#model-library/program/host-json.ts';
import {
  kernelsOf,
  SPACES,
  TASKS,
  type Program,
  type Source,
  type Space,
  type Step,
  type Task,
} from '#model-library/program/program.ts';

const MAGIC = 0x474c5944;
const FORMAT = 1;
const FLUSH = 0xffffffff;
const HEADER_BYTES = 80 + TASKS.length * 8;
const KERNEL_BYTES = 56;

/** The runtime's table of pipelines has this many places. */
const MAX_KERNELS = 256;
/** What each task has: only the forward pass has a KV state, and only functions of the model have parameters. */
const SPACES_OF: Readonly<Record<Task, readonly Space[]>> = {
  embed: ['param', 'arg', 'out'],
  prefill: ['param', 'state', 'arg', 'out'],
  decode: ['param', 'state', 'arg', 'out'],
  softmax: ['arg', 'out'],
  sample: ['arg', 'out'],
  penalty: ['arg'],
  bias: ['arg'],
  bitmask: ['arg'],
  layerCheck: ['param', 'state', 'arg'],
};
/** What WebLLM asks of a device: storage buffers a stage. */
const MAX_BINDINGS = 10;
const MAX_SCALARS = 8;
/** Bindings are numbered in 24 bits. */
const MAX_INDEX = 0xffffff;

/** The program block. Throws `program-invalid` for anything that the runtime could not run. */
export function encodeProgram(program: Program): Uint8Array {
  const kernels = kernelsOf(program);
  checkProgram(program, kernels);
  const block = new BlockWriter(HEADER_BYTES);
  const kernelAt = new Map(kernels.map((kernel, index) => [kernel.name, index]));

  const frequencies = program.rotary.inverseFrequencies;
  const frequenciesAt = block.reserve(frequencies.length * 8, 8);
  frequencies.forEach((value, index) => block.view.setFloat64(frequenciesAt + index * 8, value, true));

  const header: number[] = [MAGIC, FORMAT, 0, program.hiddenSize, program.vocabSize];
  header.push(program.prefillChunk, program.positionLimit, program.rotary.state);
  header.push(...block.text(metadataJson(program)), ...block.text(kernelMapJson(kernels)));
  header.push(block.words(kernels.flatMap((kernel) => kernelWords(block, kernel))), kernels.length);
  const parameters = program.parameters.flatMap(({ name, byteCount }) => [...block.text(name), byteCount]);
  header.push(block.words(parameters), program.parameters.length);
  const states = program.states.flatMap(({ perPosition, perRow, fixed }) => [perPosition, perRow, fixed]);
  header.push(block.words(states), program.states.length);
  header.push(frequenciesAt, frequencies.length);
  for (const task of TASKS) {
    const steps = program.tasks[task];
    header.push(block.words(steps.flatMap((step) => stepWords(step, kernelAt))), steps.length);
  }
  header[2] = block.size;
  header.forEach((word, index) => block.view.setUint32(index * 4, word, true));
  return block.bytes();
}

function kernelWords(block: BlockWriter, kernel: Kernel): number[] {
  const scalars = new Uint8Array(8);
  kernel.scalars.forEach((scalar, index) => (scalars[index] = VARIABLES.indexOf(scalar)));
  const words = [...block.text(kernel.name), ...block.text(kernel.code), kernel.bindings.length, kernel.scalars.length];
  words.push(...new Uint32Array(scalars.buffer), ...gridWords(kernel.grid[0]), ...gridWords(kernel.grid[1]));
  if (words.length * 4 !== KERNEL_BYTES) throw new AppError('invariant', { what: 'a kernel entry of another size' });
  return words;
}

function gridWords({ of, mul, div }: GridSide): number[] {
  return [VARIABLES.indexOf(of), mul, div];
}

function stepWords(step: Step, kernelAt: ReadonlyMap<string, number>): number[] {
  if (step.type === 'flush') return [FLUSH];
  const index = kernelAt.get(step.kernel.name) ?? -1;
  return [index, ...step.buffers.map(({ space, index }) => SPACES.indexOf(space) * 2 ** 24 + index)];
}

function checkProgram(program: Program, kernels: readonly Kernel[]): void {
  for (const name of ['hiddenSize', 'vocabSize', 'prefillChunk', 'positionLimit'] as const) {
    check(isIn(program[name], 1, 2 ** 31 - 1), name, program[name]);
  }
  check(kernels.length <= MAX_KERNELS, 'number of kernels', kernels.length);
  check(isIn(program.rotary.state, 0, program.states.length - 1), 'rotary state', program.rotary.state);
  check(
    isIn(program.rotary.inverseFrequencies.length, 1, 4096),
    'number of frequencies',
    program.rotary.inverseFrequencies.length,
  );
  for (const value of program.rotary.inverseFrequencies) check(Number.isFinite(value), 'inverse frequency', value);
  for (const { name, byteCount } of program.parameters) {
    check(isIn(byteCount, 1, 2 ** 32 - 1), `size of ${name}`, byteCount);
  }
  for (const { name, ...sizes } of program.states) {
    for (const [key, size] of Object.entries(sizes)) check(isIn(size, 0, 2 ** 32 - 1), `${key} of ${name}`, size);
  }
  for (const kernel of kernels) checkKernel(kernel);
  for (const task of TASKS) {
    for (const step of program.tasks[task]) if (step.type === 'dispatch') checkStep(program, kernels, task, step);
  }
}

function checkKernel({ name, bindings, scalars, grid }: Kernel): void {
  check(/^[a-z0-9_]{1,64}$/.test(name), 'kernel name', name);
  check(isIn(bindings.length, 1, MAX_BINDINGS), `number of bindings of ${name}`, bindings.length);
  check(isIn(scalars.length, 0, MAX_SCALARS), `number of scalars of ${name}`, scalars.length);
  for (const { mul, div } of grid)
    check(isIn(mul, 1, 2 ** 31 - 1) && isIn(div, 1, 2 ** 31 - 1), `grid of ${name}`, `${mul}/${div}`);
}

function checkStep(program: Program, kernels: readonly Kernel[], task: Task, step: Step & { type: 'dispatch' }): void {
  const { kernel, buffers } = step;
  const place = `${task}, ${kernel.name}`;
  const known = kernels.find(({ name }) => name === kernel.name);
  check(known?.code === kernel.code, `kernel of ${place}`, 'two kernels of one name');
  check(buffers.length === kernel.bindings.length, `number of buffers of ${place}`, buffers.length);
  const seen = new Map<string, string>();
  buffers.forEach(({ space, index }: Source, binding) => {
    check(SPACES_OF[task].includes(space), `binding of ${place}`, `${space}, which this task does not have`);
    const limit = { param: program.parameters.length, state: program.states.length, arg: 8, out: 1 }[space];
    check(isIn(index, 0, Math.min(limit - 1, MAX_INDEX)), `${space} of ${place}`, index);
    const access = kernel.bindings[binding]?.access ?? 'read';
    const before = seen.get(`${space} ${index}`);
    // WebGPU refuses a buffer that one dispatch both reads and writes, or binds twice for writing.
    check(
      before === undefined || (before === 'read' && access === 'read'),
      `binding of ${place}`,
      `${space} ${index} bound twice`,
    );
    seen.set(`${space} ${index}`, access);
  });
}

function isIn(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function check(holds: boolean, what: string, value: number | string): void {
  if (!holds) throw new AppError('program-invalid', { what, value });
}

/** Grows a block of bytes; everything it places starts on four bytes. */
class BlockWriter {
  view: DataView;
  size: number;

  constructor(headerBytes: number) {
    this.view = new DataView(new ArrayBuffer(65_536));
    this.size = headerBytes;
  }

  reserve(byteCount: number, alignment = 4): number {
    const at = Math.ceil(this.size / alignment) * alignment;
    this.size = at + byteCount;
    if (this.size > this.view.byteLength) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(this.size)));
      larger.set(new Uint8Array(this.view.buffer));
      this.view = new DataView(larger.buffer);
    }
    return at;
  }

  words(words: readonly number[]): number {
    const at = this.reserve(words.length * 4);
    words.forEach((word, index) => this.view.setUint32(at + index * 4, word, true));
    return at;
  }

  /** Places ASCII text and returns its {offset, size}. */
  text(text: string): [at: number, size: number] {
    const at = this.reserve(text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7e || (unit < 0x20 && unit !== 0x0a)) {
        throw new AppError('program-text', { unit, at: i, near: text.slice(Math.max(0, i - 20), i + 20) });
      }
      this.view.setUint8(at + i, unit);
    }
    return [at, text.length];
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, 0, this.size).slice();
  }
}
