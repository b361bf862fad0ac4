// What the importer knows of a model and stores with it: enough to say what it is, and to make its library again for other
// kernels or a newer runtime without the source.
import { AppError } from '#base/errors.ts';
import type { KnownAnswer } from '#catalog/catalog.ts';
import type { ChatFormat } from '#formats/chat-template/conversation.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import { createLlamaProgram } from '#model-library/program/llama-program.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import { packageModelLibrary } from '#model-library/package/package-library.ts';
import type { ModelRecord } from '#weights/store/model-record.ts';
import { LAYOUT_VERSION } from './plan.ts';

export type ImportedModel = {
  readonly architecture: 'llama';
  /** `general.name` of the file; null where it has none. */
  readonly title: string | null;
  readonly licence: { readonly name: string | null; readonly link: string | null };
  readonly parameterCount: number;
  /** Of the GGUF. */
  readonly sourceBytes: number;
  /** Of all weights, and of the largest single buffer among them. */
  readonly weightBytes: number;
  readonly largestTensorBytes: number;
  readonly headerSha256: string;
  readonly model: ModelDescription;
  readonly chat: ChatFormat;
  /** The Jinja text that `chat` was made from. */
  readonly chatTemplate: string | null;
  readonly knownAnswers: readonly KnownAnswer[];
};

/** The importer's description in a record; throws `stored-record-invalid` when it is none. */
export function importedModelOf(record: ModelRecord): ImportedModel {
  const value = record.description as Partial<ImportedModel> | null | undefined;
  const isSound =
    typeof value === 'object' &&
    value !== null &&
    value.architecture === 'llama' &&
    [value.parameterCount, value.weightBytes, value.largestTensorBytes].every(Number.isSafeInteger) &&
    Number.isSafeInteger(value.model?.config?.layerCount) &&
    Array.isArray(value.model?.matrices) &&
    typeof value.chat?.family?.name === 'string' &&
    Array.isArray(value.knownAnswers);
  if (!isSound) throw new AppError('stored-record-invalid', { key: record.key, reason: 'its description is none' });
  return value as ImportedModel;
}

/** Whether a model is whole, and in the layout that today's kernels read. Any other one is imported again. */
export function isLoadable(record: ModelRecord): boolean {
  return record.state === 'complete' && record.layout.startsWith(`${LAYOUT_VERSION}-`);
}

/** The model library for one profile's kernels. */
export function createModelLibrary(
  model: ModelDescription,
  profile: KernelProfile,
  runtimeWasm: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return packageModelLibrary(runtimeWasm, createLlamaProgram(model, profile));
}
