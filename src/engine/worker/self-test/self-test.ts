import { isAppError } from '#base/errors.ts';
import type { SelfTestReport } from '#engine/protocol/info.ts';
import type { LoadedModel } from '#engine/worker/loaded-model.ts';
import { runKernelChecks } from '#engine/worker/self-test/kernel-check.ts';
import { kernelChecks } from '#engine/worker/self-test/kernel-checks.ts';
import { checkKnownAnswer } from '#engine/worker/self-test/known-answers.ts';
import { checkLayer } from '#engine/worker/self-test/layer-check.ts';

/** A person waits for it. Known answers take what the other checks leave, and the report says how far the time went. */
const BUDGET_MS = 2000;

/** Refuses a GPU that computes wrongly, instead of showing what it makes of the model. Throws `self-test-failed`. */
export async function selfTest(loaded: LoadedModel, device: GPUDevice): Promise<SelfTestReport> {
  const startedMs = performance.now();
  const deadlineMs = startedMs + BUDGET_MS;
  const { description, profile } = loaded.model;
  const checks = kernelChecks(description, profile);
  try {
    const layerRows = await checkLayer(loaded, loaded.model, deadlineMs);
    const kernels = await runKernelChecks(device, checks, deadlineMs);
    const knownTokens = await checkKnownAnswer(loaded, deadlineMs);
    return { kernels, kernelCount: checks.length, layerRows, knownTokens, elapsedMs: performance.now() - startedMs };
  } catch (error) {
    // Where one kernel is to blame, its own check says so better than what came of it.
    if (isAppError(error, 'self-test-failed')) await runKernelChecks(device, checks);
    throw error;
  }
}
