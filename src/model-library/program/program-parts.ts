// Collects a program's parameters, states and kernels while its steps are written down.
import { AppError } from '#base/errors.ts';
import { packedRowBytes } from '#formats/packed/format.ts';
import type { Kernel } from '#model-library/kernels/kernel.ts';
import type { MatrixDescription, ModelDescription } from '#model-library/program/model-description.ts';
import type { Parameter, Source, StateBuffer, Step } from '#model-library/program/program.ts';

export type Matrix = MatrixDescription & { readonly source: Source };

export class ProgramParts {
  readonly parameters: Parameter[] = [];
  readonly states: StateBuffer[] = [];
  readonly #matrices: ReadonlyMap<string, MatrixDescription>;
  readonly #kernels = new Map<string, Kernel>();
  readonly #parameterAt = new Map<string, number>();

  constructor(description: ModelDescription) {
    this.#matrices = new Map(description.matrices.map((matrix) => [matrix.name, matrix]));
  }

  /** The matrix of this name as a parameter; its shape must be the one asked for. */
  matrix(name: string, rows: number, k: number): Matrix {
    const matrix = this.#matrices.get(name);
    if (!matrix) throw new AppError('program-tensor', { name, found: 'missing', expected: `[${rows}, ${k}]` });
    if (matrix.rows !== rows || matrix.k !== k) {
      const found = `[${matrix.rows}, ${matrix.k}]`;
      throw new AppError('program-tensor', { name, found, expected: `[${rows}, ${k}]` });
    }
    return { ...matrix, source: this.#parameter(name, rows * packedRowBytes(matrix.format, k)) };
  }

  /** A float32 vector as a parameter. */
  vector(name: string, length: number): Source {
    return this.#parameter(name, length * 4);
  }

  state(name: string, sizes: Partial<Omit<StateBuffer, 'name'>>): Source {
    this.states.push({ name, perPosition: 0, perRow: 0, fixed: 0, ...sizes });
    return { space: 'state', index: this.states.length - 1 };
  }

  /** A dispatch with the buffers given by the names of the kernel's bindings; every binding must be given. */
  dispatch(kernel: Kernel, buffers: Readonly<Record<string, Source>>): Step {
    const known = this.#kernels.get(kernel.name) ?? kernel;
    this.#kernels.set(kernel.name, known);
    if (known.code !== kernel.code) {
      throw new AppError('program-invalid', {
        what: `kernel ${kernel.name}`,
        value: 'two different ones of that name',
      });
    }
    const sources = known.bindings.map(({ name }) => {
      const source = buffers[name];
      if (!source)
        throw new AppError('program-invalid', { what: `binding ${name} of ${known.name}`, value: 'missing' });
      return source;
    });
    return { type: 'dispatch', kernel: known, buffers: sources };
  }

  #parameter(name: string, byteCount: number): Source {
    let index = this.#parameterAt.get(name);
    if (index === undefined) {
      index = this.parameters.push({ name, byteCount }) - 1;
      this.#parameterAt.set(name, index);
    }
    return { space: 'param', index };
  }
}

export const OUT: Source = { space: 'out', index: 0 };

/** The buffer of the call's argument `index`. */
export function arg(index: number): Source {
  return { space: 'arg', index };
}
