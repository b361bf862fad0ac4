import { beforeEach, describe, expect, it } from 'vitest';
import { runtimeFault } from '#model-library/package/runtime-fault.ts';
import { readWasm, unsigned, writeWasm } from '#model-library/package/wasm-sections.ts';
import { CPU, Host, readRuntime, TYPE } from './host.ts';
import { bufferOf, Library } from './library.ts';

/** Positions of LAYER's scalars among a launch's values: three buffers come first. */
const scalarsOf = (values: readonly number[]) => {
  const [one, rows, position, total, capacity, window, sink, gridX, gridY] = values.slice(3);
  return { one, rows, position, total, capacity, window, sink, gridX, gridY };
};

describe('the bare runtime', () => {
  const host = new Host(readRuntime());

  it('imports the two functions of the host and nothing else', () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(readRuntime()));
    expect(imports.map(({ module, name }) => `${module}.${name}`).sort()).toEqual([
      'env.TVMFFIWasmFunctionDeleter',
      'env.TVMFFIWasmSafeCall',
    ]);
  });

  it('stays below 40 KB', () => {
    expect(readRuntime().length).toBeLessThan(40_000);
  });

  it('refuses to be loaded without a program', () => {
    const system = host.call('ffi.SystemLib');
    const load = host.call('ffi.ModuleGetFunction', system, 'vm_load_executable', 0) as { handle: number };
    expect(() => host.callHandle(load.handle, [])).toThrow('DaylightLibrary[2]: This library carries no program');
  });

  it('knows the types that the host asks for at construction', () => {
    expect(host.typeIndex('ffi.Array')).toBe(TYPE.array);
    expect(host.typeIndex('ffi.Module')).toBe(TYPE.module);
    expect(() => host.typeIndex('ffi.Nonsense')).toThrow('Type ffi.Nonsense is not known');
  });

  it('names the type of an object', () => {
    const record = host.exports.TVMFFIGetTypeInfo(TYPE.tensor);
    const name = host.bytes(host.view.getUint32(record + 8, true), host.view.getUint32(record + 12, true));
    expect(new TextDecoder().decode(name)).toBe('ffi.Tensor');
  });

  it('refuses an allocation that could not be given', () => {
    expect(host.exports.TVMWasmAllocSpace(0x4000_0000)).toBe(0);
  });

  it('traps when memory runs out, which has its own error code', () => {
    const sections = readWasm(readRuntime()).map(({ id, body }) => {
      const limits = Uint8Array.from([1, 1, ...unsigned(18), ...unsigned(20)]);
      return { id, body: id === 5 ? limits : body };
    });
    const small = new Host(writeWasm(sections));
    const fault = () => {
      try {
        return small.exports.TVMWasmAllocSpace(1_000_000);
      } catch (error) {
        return runtimeFault(error)?.code;
      }
    };
    expect(fault()).toBe('library-trap');
  });

  it('says by name what is wrong with a call', () => {
    expect(() => host.call('ffi.ArraySize', 3)).toThrow('Argument 0 of ArraySize is missing');
    expect(() => host.call('vm.builtin.sample_top_p_from_prob')).toThrow('DaylightLibrary[13]');
  });

  it('passes an error of the host through, cut to what fits its buffer', () => {
    host.setGlobal('test.fails', () => {
      throw new Error(`boom ${'x'.repeat(5000)}`);
    });
    expect(() => host.call('test.fails')).toThrow(/^Error: boom x{1000}/);
  });
});

describe('values through the library', () => {
  const host = new Host(readRuntime());

  it.each(['', 'seven77', 'eightlen', 'a text of several words'])('keeps the text "%s" in an array', (text) => {
    const list = host.call('ffi.Array', text, 7, null);
    expect(host.call('ffi.ArraySize', list)).toBe(3);
    expect(host.call('ffi.ArrayGetItem', list, 0)).toBe(text);
    expect(host.call('ffi.ArrayGetItem', list, 1)).toBe(7);
    expect(host.call('ffi.ArrayGetItem', list, 2)).toBeNull();
    expect(() => host.call('ffi.ArrayGetItem', list, 3)).toThrow('Item 3 was asked of an array of 3');
    host.release(list);
  });

  it('joins arrays in order', () => {
    const first = host.call('ffi.Array', 'one', 'a longer second');
    const second = host.call('ffi.Array', 3);
    const joined = host.call('tvmjs.runtime.ArrayConcat', first, second);
    host.release(first);
    host.release(second);
    expect([0, 1, 2].map((at) => host.call('ffi.ArrayGetItem', joined, at))).toEqual(['one', 'a longer second', 3]);
  });

  it('lists the names of its global functions', () => {
    const list = host.call('ffi.FunctionListGlobalNamesFunctor') as { handle: number };
    const count = Number(host.callHandle(list.handle, [-1]));
    const names = Array.from({ length: count }, (_, at) => host.callHandle(list.handle, [at]));
    expect(names).toContain('vm.builtin.kv_state_popn');
    expect(new Set(names).size).toBe(count);
  });

  it('calls host functions with numbers and text, and takes what they give', () => {
    host.setGlobal('test.joined', (a, b) => `${String(a)} and ${String(b)}`);
    expect(host.call('test.joined', 'a text longer than seven', 4)).toBe('a text longer than seven and 4');
  });
});

describe('tensors', () => {
  const library = new Library();
  const { host } = library;
  const bytes = (count: number) => Uint8Array.from({ length: count }, (_, index) => index * 7);

  it('carry bytes to the device and back', () => {
    const from = library.tensor([6], 'float32', CPU);
    const gpu = library.tensor([6]);
    const to = library.tensor([6], 'float32', CPU);
    host.call('tvmjs.runtime.TensorCopyFromBytes', from, bytes(24));
    host.call('runtime.TVMTensorCopyFromTo', from, gpu);
    host.call('runtime.TVMTensorCopyFromTo', gpu, to);
    expect(host.call('tvmjs.runtime.TensorCopyToBytes', to)).toEqual(bytes(24));
    for (const tensor of [from, gpu, to]) host.release(tensor);
  });

  it('share their bytes with a view, at its offset', () => {
    const whole = library.tensor([2, 4], 'uint32', CPU);
    host.call('tvmjs.runtime.TensorCopyFromBytes', whole, bytes(32));
    const row = library.shape(4);
    const view = host.call('runtime.TVMTensorCreateView', whole, row, 'float32', 16);
    host.release(whole);
    expect(host.call('tvmjs.runtime.TensorCopyToBytes', view)).toEqual(bytes(32).slice(16));
    expect(() => host.call('runtime.TVMTensorCreateView', view, row, 'float32', 4)).toThrow(
      'A view of 20 bytes was asked for in a tensor of 16',
    );
    host.release(view);
    host.release(row);
  });

  it('widen bfloat16 where a record says so', () => {
    const tensor = library.tensor([4], 'float32', CPU);
    const halves = new Uint8Array(new Uint16Array([0x3f80, 0x4000, 0xbf80, 0x3e80]).buffer);
    host.call('tvmjs.array.decode_storage', tensor, halves, 'f32-to-bf16', 'float32');
    const floats = host.call('tvmjs.runtime.TensorCopyToBytes', tensor) as Uint8Array<ArrayBuffer>;
    expect([...new Float32Array(floats.buffer)]).toEqual([1, 2, -1, 0.25]);
    host.release(tensor);
  });

  it('join embeddings row by row', () => {
    const parts = [2, 3].map((rows) => {
      const part = library.tensor([rows, 4]);
      host.buffers[bufferOf(library, part)]!.fill(rows);
      return part;
    });
    const joined = host.call('tvmjs.runtime.ConcatEmbeddings', ...parts);
    const content = host.buffers[bufferOf(library, joined)]!;
    expect([content[0], content[31], content[32], content[79]]).toEqual([2, 2, 3, 3]);
    for (const tensor of [...parts, joined]) host.release(tensor);
  });

  it.each([
    [() => library.tensor([-1]), 'A tensor was asked for whose dimension 0 is -1'],
    [() => library.tensor([1, 1, 1, 1, 1, 1, 1, 1, 1]), 'A tensor of 9 dimensions'],
    [() => library.tensor([2 ** 31, 2 ** 31]), 'more than 2^53 bytes'],
    [() => library.tensor([2 ** 30], 'float32', CPU), '4294967296 bytes were asked for in the library'],
    [() => library.tensor([4], 'complex64'), 'Data type complex64 is not supported'],
    [() => library.tensor([4], 'float32x'), 'Data type float32x is not supported'],
    [() => library.tensor([4], 'float32', 2), 'Device type 2 is not known'],
  ])('are refused when they cannot be (%#)', (make, message) => {
    expect(make).toThrow(message);
  });

  it('are refused when sizes differ', () => {
    const small = library.tensor([4], 'float32', CPU);
    const large = library.tensor([5]);
    expect(() => host.call('runtime.TVMTensorCopyFromTo', small, large)).toThrow(
      'A tensor of 16 bytes was to be copied into one of 20',
    );
    expect(() => host.call('tvmjs.runtime.TensorCopyFromBytes', small, bytes(3))).toThrow(
      '3 bytes were given for a tensor of 16',
    );
    host.release(small);
    host.release(large);
  });
});

describe('a forward pass', () => {
  let library: Library;
  beforeEach(() => {
    library = new Library();
    library.loadKernels();
  });

  it('launches the steps with buffers, scalars and grid', () => {
    const parameters = library.parameters();
    const kv = library.kvState(32);
    const hidden = library.tensor([1, 5, 4]);
    library.begin(kv, 5);
    const list = library.run('prefill', hidden, kv, parameters);
    const logits = library.host.call('ffi.ArrayGetItem', list, 0);
    const [first, second] = library.host.launches;
    expect(library.host.launches).toHaveLength(2);
    expect(first!.values[0]).toBe(bufferOf(library, hidden));
    expect(second!.values[0]).toBe(bufferOf(library, logits));
    expect(new Set([...first!.values.slice(0, 3), ...second!.values.slice(0, 3)]).size).toBe(6);
    expect(scalarsOf(first!.values)).toEqual({
      ...{ one: 1, rows: 5, position: 0, total: 5, capacity: 32, window: 0, sink: 0 },
      ...{ gridX: 8, gridY: 1 }, // ceil(5 * 3 / 2)
    });
  });

  it('goes on where the last one ended', () => {
    const parameters = library.parameters();
    const kv = library.kvState(32);
    library.forward(kv, parameters, 8);
    library.forward(kv, parameters, 1);
    library.host.launches.length = 0;
    library.forward(kv, parameters, 3);
    expect(scalarsOf(library.host.launches[0]!.values)).toMatchObject({ rows: 3, position: 9, total: 12 });
  });

  it('makes the state buffers that the program asks for, and the rotary table', () => {
    const before = library.host.buffers.length;
    library.kvState(32);
    const [kv, rope, scratch] = library.host.buffers.slice(before);
    // Small buffers are given out in classes of at least 4 KiB.
    expect([kv!.length, rope!.length, scratch!.length]).toEqual([4096, 4096, 4096]);
    const table = new Float32Array(rope!.buffer);
    for (const [position, pair, f] of [
      [0, 0, 1],
      [31, 0, 1],
      [31, 1, 0.01],
      [7, 1, 0.01],
    ] as const) {
      expect(table[(position * 2 + pair) * 2]).toBe(Math.fround(Math.cos(position * f)));
      expect(table[(position * 2 + pair) * 2 + 1]).toBe(Math.fround(Math.sin(position * f)));
    }
  });

  it('leaves no object behind and makes no buffer after the first token', () => {
    const parameters = library.parameters();
    const kv = library.kvState(64);
    const token = () => {
      library.forward(kv, parameters, 1);
      const logits = library.tensor([1, 40]);
      const one = library.tensor([1]);
      const probabilities = library.run('softmax_with_temperature', logits, one);
      const pair = library.run('argsort_probs', probabilities);
      const id = library.run('sample_with_top_p', probabilities, probabilities, one, one, one);
      for (const value of [logits, one, probabilities, pair, id]) library.host.release(value);
    };
    token();
    const before = library.stats();
    const functions = library.host.functionCount;
    for (let i = 0; i < 50; i++) token();
    const after = library.stats();
    expect(after).toMatchObject({
      liveObjects: before.liveObjects,
      buffersCreated: before.buffersCreated,
      pooledBuffers: before.pooledBuffers,
      wasmPages: before.wasmPages,
    });
    expect(after.dispatches! - before.dispatches!).toBe(50 * 4);
    expect(library.host.functionCount).toBe(functions);
  });

  it('gives everything back when its objects die', () => {
    library.host.release(library.tensor([1])); // the device's functions are asked for once and kept
    const before = library.stats();
    const parameters = library.parameters();
    const kv = library.kvState(64);
    library.forward(kv, parameters, 4);
    library.host.release(parameters);
    library.host.release(kv);
    library.host.call('vm.builtin.tensor_cache.clear');
    expect(library.stats().liveObjects).toBe(before.liveObjects);
  });
});

describe('logit functions', () => {
  const library = new Library();
  library.loadKernels();
  const logits = library.tensor([1, 40]);

  it.each([
    ['apply_penalty_inplace', 6, 3, 70, 2],
    ['apply_logit_bias_inplace', 4, 2, 70, 2],
  ])('%s passes the length of its list', (name, argumentCount, list, count, groups) => {
    const items = library.tensor([count], 'int32');
    const args = Array.from({ length: argumentCount }, (_, at) => (at === 0 ? logits : items));
    library.host.launches.length = 0;
    library.run(name, ...args);
    expect(library.host.launches[0]!.values).toEqual([
      bufferOf(library, logits),
      bufferOf(library, args[list]!),
      count,
      groups,
      1,
    ]);
    library.host.release(items);
  });

  it('does nothing for an empty list', () => {
    const none = library.tensor([0], 'int32');
    library.host.launches.length = 0;
    library.run('apply_logit_bias_inplace', logits, none, none, none);
    expect(library.host.launches).toEqual([]);
    library.host.release(none);
  });

  it('refuse logits or masks of another vocabulary', () => {
    const short = library.tensor([1, 39]);
    const one = library.tensor([1]);
    expect(() => library.run('softmax_with_temperature', short, one)).toThrow(
      '39 logits were given; the vocabulary has 40',
    );
    expect(() => library.run('apply_bitmask_inplace', logits, one, one)).toThrow(
      'The bit mask has 1 words; the vocabulary needs 2',
    );
  });
});

describe('what a program makes impossible is refused by name', () => {
  let library: Library;
  beforeEach(() => {
    library = new Library();
  });

  it('a kernel that the host has not loaded', () => {
    const ids = library.tensor([2], 'int32');
    expect(() => library.run('embed', ids, library.parameters())).toThrow(
      'DaylightLibrary[9]: Kernel embed has not been loaded',
    );
    expect(() => library.run('webgpu.get_shader', 'nothing')).toThrow('The program has no kernel nothing');
  });

  it('a parameter of the wrong size, or absent', () => {
    const ids = library.tensor([2], 'int32');
    const wrong = library.parameters({ embedding: 160, norm: 5 });
    expect(() => library.run('embed', ids, wrong)).toThrow(
      'DaylightLibrary[5]: Parameter norm has 20 bytes; the program needs 16',
    );
    const names = library.host.call('ffi.Array', 'embedding', 'blk.0.attn_q.weight');
    expect(() => library.host.call('vm.builtin.param_module_from_cache_by_name', names)).toThrow(
      'DaylightLibrary[4]: Parameter blk.0.attn_q.weight is not among the loaded weights',
    );
  });

  it('a chunk longer than the program has room for', () => {
    const kv = library.kvState(32);
    expect(() => library.begin(kv, 9)).toThrow(
      'DaylightLibrary[7]: A chunk of 9 positions was announced; 1 to 8 are possible',
    );
    expect(() => library.begin(kv, 0)).toThrow('A chunk of 0 positions');
    expect(() => library.run('embed', library.tensor([9], 'int32'), library.parameters())).toThrow(
      'embed was called with 9 ids',
    );
  });

  it('a position past the end of the KV state', () => {
    library.loadKernels();
    const parameters = library.parameters();
    const kv = library.kvState(10);
    library.forward(kv, parameters, 8);
    expect(() => library.begin(kv, 3)).toThrow('DaylightLibrary[6]: The KV state holds 10 positions and 11 are needed');
    library.forward(kv, parameters, 2);
    expect(() => library.begin(kv, 1)).toThrow('DaylightLibrary[6]');
  });

  it('a sequence that does not exist', () => {
    const kv = library.kvState(16);
    expect(() => library.begin(kv, 1, 3)).toThrow('DaylightLibrary[8]: Sequence 3 was named');
    expect(() => library.host.call('vm.builtin.kv_state_add_sequence', kv, 0)).toThrow('already');
    expect(() => library.host.call('vm.builtin.kv_state_add_sequence', kv, 1)).toThrow('keeps sequence 0 only');
    library.host.call('vm.builtin.kv_state_remove_sequence', kv, 0);
    expect(() => library.begin(kv, 1)).toThrow('Sequence 0 has not been added');
  });

  it('more hidden values than were announced', () => {
    library.loadKernels();
    const kv = library.kvState(16);
    library.begin(kv, 2);
    const hidden = library.tensor([1, 3, 4]);
    expect(() => library.run('prefill', hidden, kv, library.parameters())).toThrow(
      '12 hidden values were given for 2 announced positions',
    );
  });

  it('a context that the model was not made for', () => {
    expect(() => library.kvState(65)).toThrow(
      'DaylightLibrary[10]: A context of 65 positions was asked for; the model knows 64',
    );
    expect(() => library.kvState(16, 9)).toThrow('chunks of 9');
  });

  it('and leaves nothing behind', () => {
    const kv = library.kvState(16);
    const parameters = library.parameters();
    const hidden = library.tensor([1, 2, 4]);
    const one = library.tensor([1]);
    const host = library.host;
    const attempts = [
      () => library.begin(kv, 99),
      () => library.run('embed', one, parameters), // no kernel
      () => library.run('prefill', hidden, kv, parameters),
      () => library.run('softmax_with_temperature', one, one),
      () => library.run('sample_with_top_p', one, one, one, one, one),
      () => library.run('decode', kv, hidden, parameters),
      () => host.call('ffi.Shape', 1, 'two'),
      () => host.call('tvmjs.runtime.ConcatEmbeddings', hidden, kv),
      () => host.call('vm.builtin.param_module_from_cache_by_name', one),
      () => host.call('runtime.TVMTensorCopyFromTo', hidden, one),
    ];
    const before = library.stats().liveObjects;
    for (const attempt of attempts) expect(attempt).toThrow('DaylightLibrary[');
    expect(library.stats().liveObjects).toBe(before);
  });

  it('a device that gives no buffer: its own words come through', () => {
    library.host.release(library.tensor([1])); // the device's functions are asked for once and kept
    library.host.buffers.push = () => {
      throw new Error('the device is lost');
    };
    const before = library.stats().liveObjects;
    expect(() => library.tensor([4096])).toThrow('the device is lost');
    expect(() => library.kvState(32)).toThrow('the device is lost');
    expect(library.stats().liveObjects).toBe(before);
  });

  it('an unknown function is None, not an error', () => {
    expect(library.has('image_embed')).toBe(false);
    expect(library.has('decode')).toBe(true);
  });
});

describe('the KV state', () => {
  let library: Library;
  let parameters: ReturnType<Library['parameters']>;
  beforeEach(() => {
    library = new Library();
    library.loadKernels();
    parameters = library.parameters();
  });
  const nextPosition = (kv: Parameters<Library['forward']>[0]) => {
    library.host.launches.length = 0;
    library.forward(kv, parameters, 1);
    return scalarsOf(library.host.launches[0]!.values).position;
  };

  it('forgets everything when it is cleared', () => {
    const kv = library.kvState(16);
    library.forward(kv, parameters, 8);
    library.host.call('vm.builtin.kv_state_clear', kv);
    library.host.call('vm.builtin.kv_state_add_sequence', kv, 0);
    expect(nextPosition(kv)).toBe(0);
  });

  it('takes positions back', () => {
    const kv = library.kvState(16);
    library.forward(kv, parameters, 8);
    library.host.call('vm.builtin.kv_state_popn', kv, 0, 3);
    expect(nextPosition(kv)).toBe(5);
    expect(() => library.host.call('vm.builtin.kv_state_popn', kv, 0, 7)).toThrow(
      'DaylightLibrary[12]: 7 positions were to be taken back; the sequence has 6',
    );
  });

  const sliding = (window: number, sink: number) => {
    const kv = library.kvState(window, 4, true);
    library.host.call('vm.builtin.attention_kv_cache_enable_sliding_window_for_seq', kv, 0, window, sink);
    return kv;
  };

  it('slides: room for the window and a chunk, positions without end', () => {
    const kv = sliding(12, 2);
    for (let i = 0; i < 10; i++) library.forward(kv, parameters, 4);
    library.host.launches.length = 0;
    library.forward(kv, parameters, 3);
    expect(scalarsOf(library.host.launches[0]!.values)).toMatchObject({
      position: 40,
      total: 43,
      capacity: 16,
      window: 12,
      sink: 2,
    });
  });

  it('slides up to the end of the rotary table and says so', () => {
    const kv = sliding(12, 2);
    for (let i = 0; i < 16; i++) library.forward(kv, parameters, 4);
    expect(() => library.begin(kv, 1)).toThrow(
      'DaylightLibrary[10]: Position 64 is past the end of the rotary table, which has 64',
    );
  });

  it('takes back a chunk, but not what the ring has overwritten', () => {
    const kv = sliding(12, 2);
    for (let i = 0; i < 8; i++) library.forward(kv, parameters, 4);
    library.host.call('vm.builtin.kv_state_popn', kv, 0, 4);
    expect(() => library.host.call('vm.builtin.kv_state_popn', kv, 0, 4)).toThrow('the sliding window has overwritten');
    expect(nextPosition(kv)).toBe(28);
  });

  it('refuses a window that it was not made for', () => {
    const enable = 'vm.builtin.attention_kv_cache_enable_sliding_window_for_seq';
    expect(() => library.host.call(enable, library.kvState(16), 0, 8, 0)).toThrow('made without one');
    const kv = library.kvState(12, 4, true);
    expect(() => library.host.call(enable, kv, 0, 13, 0)).toThrow('A sliding window of 13');
    expect(() => library.host.call(enable, kv, 0, 12, 12)).toThrow('with 12 first positions kept');
  });

  it('checks one layer at the next position, while there is one', () => {
    const kv = library.kvState(3);
    const hidden = library.tensor([1, 4]);
    library.run('daylight.layer_check', hidden, kv, parameters);
    expect(scalarsOf(library.host.launches[0]!.values)).toMatchObject({ rows: 1, position: 0, total: 1 });
    library.forward(kv, parameters, 2);
    library.run('daylight.layer_check', hidden, kv, parameters);
    expect(scalarsOf(library.host.launches.at(-1)!.values)).toMatchObject({ rows: 1, position: 2, total: 3 });
    library.forward(kv, parameters, 1);
    expect(() => library.run('daylight.layer_check', hidden, kv, parameters)).toThrow('a free position; all 3');
  });
});
