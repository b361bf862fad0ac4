import { describe, expect, it } from 'vitest';
import { encodeProgram } from '#model-library/program/encode.ts';
import type { Program, Step } from '#model-library/program/program.ts';
import { PROGRAM } from '../runtime/library.ts';

const first = PROGRAM.tasks.embed[0] as Step & { type: 'dispatch' };
const withEmbed = (change: Partial<Step & { type: 'dispatch' }>): Program => ({
  ...PROGRAM,
  tasks: { ...PROGRAM.tasks, embed: [{ ...first, ...change }] },
});

describe('encodeProgram', () => {
  it('writes a block that says its own size', () => {
    const block = encodeProgram(PROGRAM);
    const view = new DataView(block.buffer);
    expect(new TextDecoder().decode(block.subarray(0, 4))).toBe('DYLG');
    expect(view.getUint32(4, true)).toBe(1);
    expect(view.getUint32(8, true)).toBe(block.length);
  });

  it('is the same for the same program', () => {
    expect(encodeProgram(PROGRAM)).toEqual(encodeProgram(structuredClone(PROGRAM)));
  });

  it.each<[string, Program, string]>([
    ['a zero dimension', { ...PROGRAM, hiddenSize: 0 }, 'hiddenSize is 0'],
    ['a fraction', { ...PROGRAM, vocabSize: 1.5 }, 'vocabSize is 1.5'],
    ['a rotary state that is not there', { ...PROGRAM, rotary: { ...PROGRAM.rotary, state: 3 } }, 'rotary state is 3'],
    ['no frequencies', { ...PROGRAM, rotary: { state: 1, inverseFrequencies: [] } }, 'number of frequencies is 0'],
    [
      'an endless frequency',
      { ...PROGRAM, rotary: { state: 1, inverseFrequencies: [Infinity] } },
      'inverse frequency is Infinity',
    ],
    ['a parameter of no bytes', { ...PROGRAM, parameters: [{ name: 'w', byteCount: 0 }] }, 'size of w is 0'],
    [
      'a state of 4 GiB a position',
      {
        ...PROGRAM,
        states: [{ name: 's', perPosition: 2 ** 32, perRow: 0, fixed: 0 }],
        rotary: { ...PROGRAM.rotary, state: 0 },
      },
      'perPosition of s is 4294967296',
    ],
    [
      'a name that WGSL would not take',
      withEmbed({ kernel: { ...first.kernel, name: 'Embed' } }),
      'kernel name is Embed',
    ],
    ['a buffer too few', withEmbed({ buffers: first.buffers.slice(1) }), 'number of buffers of embed, embed is 2'],
    [
      'a parameter that is not there',
      withEmbed({
        buffers: first.buffers.map((source) => (source.space === 'param' ? { ...source, index: 2 } : source)),
      }),
      'param of embed, embed is 2',
    ],
    [
      'one buffer read and written',
      withEmbed({ buffers: [first.buffers[0]!, first.buffers[1]!, first.buffers[0]!] }),
      'binding of embed, embed is out 0 bound twice',
    ],
    [
      'a KV state where there is none',
      withEmbed({ buffers: [{ space: 'state', index: 0 }, ...first.buffers.slice(1)] }),
      'binding of embed, embed is state, which this task does not have',
    ],
    [
      'a grid divided by nothing',
      withEmbed({ kernel: { ...first.kernel, grid: [{ of: 'one', mul: 1, div: 0 }, first.kernel.grid[1]] } }),
      'grid of embed is 1/0',
    ],
    [
      'two kernels of one name',
      { ...PROGRAM, tasks: { ...PROGRAM.tasks, softmax: [{ ...first, kernel: { ...first.kernel, code: 'other' } }] } },
      'two kernels of one name',
    ],
  ])('refuses %s', (_, program, message) => {
    expect(() => encodeProgram(program)).toThrow(message);
  });

  it('refuses text that the host would read wrongly', () => {
    const name = 'blk.0.größe';
    const program = { ...PROGRAM, parameters: [{ name, byteCount: 640 }, PROGRAM.parameters[1]!] };
    expect(() => encodeProgram(program)).toThrow('holds the character 246');
  });
});
