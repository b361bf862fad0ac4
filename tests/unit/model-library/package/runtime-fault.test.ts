import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runtimeFault } from '#model-library/package/runtime-fault.ts';

describe('runtimeFault', () => {
  it('finds the code of a library failure, wherever the host put its text', () => {
    const error = new Error('TVMError: DaylightLibrary[6]: The KV state holds 10 positions and 11 are needed.\nstack');
    const fault = runtimeFault(error);
    expect(fault?.code).toBe('library-context-full');
    expect(fault?.message).toContain('The KV state holds 10 positions and 11 are needed.');
    expect(fault?.cause).toBe(error);
  });

  it('takes a trap for what it is', () => {
    expect(runtimeFault(new WebAssembly.RuntimeError('unreachable'))?.code).toBe('library-trap');
  });

  it('leaves other errors to others', () => {
    expect(runtimeFault(new Error('Device was lost'))).toBeNull();
    expect(runtimeFault(new Error('DaylightLibrary[999]: from a newer library'))).toBeNull();
    expect(runtimeFault('DaylightLibrary[6]: text')).toBeNull();
  });

  it('knows every code that the runtime can raise', () => {
    const source = readFileSync('src/model-library/runtime/assembly/fault.ts', 'utf8');
    const codes = [...source.matchAll(/export const \w+ = (\d+);/g)].map((match) => match[1]);
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) {
      expect(runtimeFault(new Error(`DaylightLibrary[${code}]: text`)), `code ${code}`).not.toBeNull();
    }
  });
});
