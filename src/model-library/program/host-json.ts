// The two JSON texts that WebLLM asks of a library. Both go through the library as they are, so they must be ASCII.
import type { Kernel } from '#model-library/kernels/kernel.ts';
import type { Program } from '#model-library/program/program.ts';

/** `_metadata`: the parameters' order and the chunk that prefill takes. */
export function metadataJson(program: Program): string {
  return JSON.stringify({
    model_type: 'llama',
    quantization: 'gguf',
    kv_state_kind: 'kv_cache',
    prefill_chunk_size: program.prefillChunk,
    params: program.parameters.map(({ name }) => ({ name })),
  });
}

/** `webgpu.get_fmap`: how the glue binds and launches each kernel. */
export function kernelMapJson(kernels: readonly Kernel[]): string {
  return JSON.stringify(Object.fromEntries(kernels.map((kernel) => [kernel.name, functionInfo(kernel)])));
}

/** One kernel's entry; `paramWriteAccess` has a digit for every buffer, and the grid's y side is always passed. */
function functionInfo({ name, bindings, scalars }: Kernel) {
  const access = bindings.map((binding) => (binding.access === 'write' ? 1 : 0));
  return {
    name,
    arg_types: [...bindings.map(() => 'handle'), ...scalars.map(() => 'int32')],
    launch_param_tags: [`paramWriteAccess:[${access.join(',')}]`, 'blockIdx.x', 'blockIdx.y'],
  };
}
