// WebLLM 0.2.86 waits for the GPU after each tensor that it uploads. Nothing needs that: `writeBuffer` has taken the bytes when it
// returns. Only the memory that they wait in must stay bounded, so a wait is made after every so many bytes.

/** What may be on its way to the GPU at once, beside one tensor. */
const BYTES_BETWEEN_WAITS = 64 << 20;

/**
 * Lets `onSubmittedWorkDone` of this one queue resolve at once while less than 64 MiB were written since the last true wait.
 * `writtenBytes` counts up. Returns what ends that.
 */
export function mergeUploadWaits(queue: GPUQueue, writtenBytes: () => number): () => void {
  const wait = queue.onSubmittedWorkDone.bind(queue);
  let waitedAt = writtenBytes();
  queue.onSubmittedWorkDone = async () => {
    const written = writtenBytes();
    if (written - waitedAt < BYTES_BETWEEN_WAITS) return;
    waitedAt = written;
    await wait();
  };
  return () => Reflect.deleteProperty(queue, 'onSubmittedWorkDone');
}
