import { expect, it } from 'vitest';
import { mergeUploadWaits } from '#engine/worker/upload-waits.ts';

it('waits for the GPU once in 64 MiB, and every time again after it was ended', async () => {
  let [waits, written] = [0, 0];
  class Queue {
    onSubmittedWorkDone(): Promise<void> {
      waits++;
      return Promise.resolve();
    }
  }
  const queue = new Queue() as unknown as GPUQueue;
  const end = mergeUploadWaits(queue, () => written);
  for (let tensor = 0; tensor < 40; tensor++) {
    written += 8 << 20;
    await queue.onSubmittedWorkDone();
  }
  expect(waits).toBe(5); // 320 MiB
  end();
  await queue.onSubmittedWorkDone();
  expect(waits).toBe(6);
});
