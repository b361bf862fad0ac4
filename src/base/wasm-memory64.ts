/** Whether WebAssembly here addresses its memory with 64 bits, as llama.cpp's build needs; Safari and older browsers cannot. */
export function hasMemory64(): boolean {
  try {
    new WebAssembly.Memory({ initial: 1n, address: 'i64' } as unknown as WebAssembly.MemoryDescriptor);
    return true;
  } catch {
    return false; // refused as an unknown type of address
  }
}
