import type { ChatFormat } from '#formats/chat-template/conversation.ts';
import type { ModelDescription } from '#model-library/program/model-description.ts';
import type { KernelProfile } from '#model-library/kernels/kernel.ts';
import type { KnownAnswer } from '#catalog/catalog.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import type { ExportResult, ImportSettings, LoadSettings, VerifyResult } from '#engine/protocol/messages.ts';

/** A model that is in the store whole, with a library for the kernels in use: all WebLLM needs, without a network. */
export type PreparedModel = {
  readonly key: string;
  readonly name: string;
  /** Other names that requests may use for it. */
  readonly aliases: readonly string[];
  readonly architecture: string;
  readonly parameterCount: number;
  readonly vocabularySize: number;
  /** Positions the model was made for. */
  readonly contextLength: number;
  /** Bytes that go to the GPU as weights, and the largest single buffer among them. */
  readonly weightBytes: number;
  readonly largestBufferBytes: number;
  readonly chatFormat: ChatFormat;
  readonly description: ModelDescription;
  /** A weight tensor's bytes as they are uploaded; they start on 16 bytes. */
  readTensor(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** WebLLM's addresses of the model's folder and of its library. */
  readonly url: string;
  readonly libraryUrl: string;
  readonly libraryVersion: string;
  readonly profile: KernelProfile;
  /** Prompts with the ids llama.cpp continues them with; empty where nobody has asked it. */
  readonly knownAnswers: readonly KnownAnswer[];
};

export type ImportOptions = {
  readonly settings: ImportSettings;
  readonly profile: KernelProfile;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: 'waiting' | 'network' | 'disk', doneBytes: number, totalBytes: number) => void;
};

export type PrepareOptions = ImportOptions & { readonly settings: LoadSettings };

/** Where the engine gets its models from. */
export type ModelShelf = {
  /** Imports what is missing. Rejects with the signal's reason, or an AppError of the weights. */
  prepare(options: PrepareOptions): Promise<PreparedModel>;
  /** Imports only. Rejects as `prepare` does. */
  import(options: ImportOptions): Promise<ModelInfo>;
  /** What is read for WebLLM from now on ends with this signal. */
  readFor(signal: AbortSignal): void;
  /** Writes a stored model into a folder of its own in `directory`. */
  export(
    key: string,
    directory: FileSystemDirectoryHandle,
    signal: AbortSignal,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<ExportResult>;
  list(): Promise<ModelInfo[]>;
  delete(key: string): Promise<void>;
  verify(key: string): Promise<VerifyResult>;
  /** What WebLLM has read from the store since the worker started. */
  readonly reads: { readonly bytesRead: number; readonly reads: number };
};
