// One model on the page of models, in every state it can be in. The verdicts are worked out from the catalog as it is served.
import type { ComponentProps } from 'svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import type { GpuAssessment, ModelInfo } from '#engine/protocol/info.ts';
import type { Download } from '#lib/state/downloads.svelte.ts';
import { familiesOf, firstChoice } from '#lib/state/families.ts';
import { choiceOf } from '#lib/state/model-choice.ts';
import { gpuNeed, memoryByContext, readiness } from '#lib/state/readiness.ts';
import type { Facts } from '#lib/state/readiness.ts';
import GetModel from '#lib/ui/GetModel.svelte';
import ModelCard from '#lib/ui/ModelCard.svelte';
import { CATALOG } from './catalog-of-two.ts';
import { render } from './render.ts';

const { models } = CATALOG;
const [small, solar] = ['smollm2-135m-instruct', 'solar-10.7b-instruct-q4_k_m'].map((id) =>
  models.find((one) => one.id === id)!,
) as [(typeof models)[number], (typeof models)[number]];
const family = familiesOf(models).find(({ id }) => id === solar.family)!;
const GiB = 1024 ** 3;
const trial = (allocatedBytes: number): GpuAssessment => ({
  adapter: null,
  reason: null,
  limits: null,
  features: [],
  maxBufferBytes: GiB,
  triedBytes: 16 * GiB,
  allocatedBytes,
});
const DESKTOP: Facts = {
  hasGpu: true,
  hasProcessor: true,
  isSoftware: false,
  isHandheld: false,
  memoryGiB: 8,
  storage: { quotaBytes: 200e9, usageBytes: 0, isPersisted: true },
  connection: null,
  bytesPerSecond: 8e6,
  trial: null,
};
const report = (facts: Partial<Facts> = {}, storedBytes = 0) =>
  readiness(solar, storedBytes, { ...DESKTOP, ...facts }, models);
const stored = (state: ModelInfo['state'], storedBytes: number): ModelInfo => ({
  key: 'solar-1',
  name: 'SOLAR-10.7B-Instruct Q4_K_M',
  state,
  storedBytes,
  totalBytes: 1000,
  catalogId: solar.id,
  licence: null,
  completedAt: null,
  verifiedAt: null,
  contentHash: null,
  architecture: 'llama',
  contextLength: 4096,
  parameterCount: 1e10,
  source: '',
});
const coming = (model: typeof solar): Download => ({
  choice: choiceOf(model),
  status: 'running',
  progress: null,
  isQuiet: false,
  error: null,
  model: null,
});
const NO_GPU = { why: 'The page needs WebGPU.', advice: 'Open chrome://flags.' };

const calls = { onchoose: vi.fn(), onget: vi.fn(), oncheck: vi.fn(), onload: vi.fn(), oninstead: vi.fn() };
beforeEach(() => vi.clearAllMocks());

function show(changes: Partial<ComponentProps<typeof ModelCard>> = {}): void {
  const quiet = { stored: null, isLoaded: false, download: null, noGpu: null, checking: false, disabled: false };
  const first = { family, chosen: solar, memory: memoryByContext(solar), report: report(), instead: null, ...quiet };
  render(ModelCard, { ...first, ...calls, ...changes });
}

const button = (name: string | RegExp) => page.getByRole('button', { name });
const verdict = () => page.getByRole('group', { name: 'Will it work here?' });

describe('the card of SOLAR', () => {
  test('says what it is, its licence, what it takes, and what to know before relying on it', async () => {
    expect(firstChoice(family)).toBe(solar);
    show();
    const card = page.getByRole('article', { name: 'SOLAR-10.7B-Instruct' });
    for (const text of ['10.7 billion parameters', 'Non-commercial use only', '7.5 GB with 4,096 tokens of context']) {
      await expect.element(card.getByText(text)).toBeInTheDocument();
    }
    await expect.element(card.getByRole('link', { name: 'CC BY-NC 4.0' })).toHaveAttribute('href', solar.licence.url);
    await page.getByRole('radio', { name: /6\.1 GB/ }).click();
    expect(calls.onchoose).toHaveBeenCalledWith('solar-10.7b-instruct-q4_0');
  });

  test('not checked: says so, offers the check and the download', async () => {
    show();
    await expect.element(verdict().getByText('Probably, but not checked yet')).toBeInTheDocument();
    await button('Check this device').click();
    await button('Get SOLAR-10.7B-Instruct').click();
    expect(calls.oncheck).toHaveBeenCalledOnce();
    expect(calls.onget).toHaveBeenCalledOnce();
  });

  test('while it is checked nothing can be got', async () => {
    show({ checking: true });
    await expect.element(verdict().getByText('Checking this device…')).toBeInTheDocument();
    await expect.element(button('Get SOLAR-10.7B-Instruct')).toBeDisabled();
  });

  test('yes, when the memory was really had', async () => {
    show({ report: report({ trial: trial(gpuNeed(solar).bytes) }) });
    await expect.element(verdict().getByText('Yes, it works here')).toBeInTheDocument();
    await expect.element(verdict().getByText(/had room for it when it was tried/)).toBeInTheDocument();
    await expect.element(button('Check again')).toBeEnabled();
  });

  test('yes with 2k of context', async () => {
    show({ report: report({ trial: trial(gpuNeed(solar, 2048).bytes) }) });
    await expect.element(verdict().getByText('Yes, with a shorter memory')).toBeInTheDocument();
    await expect.element(verdict().getByText(/room for 2,048 tokens .* instead of 4,096/)).toBeInTheDocument();
    await expect.element(button('Get SOLAR-10.7B-Instruct')).toBeEnabled();
  });

  test('no: with the number of bytes, what to do, and what works in its place', async () => {
    show({ report: report({ trial: trial(4 * GiB) }), instead: small });
    await expect.element(verdict().getByText('No, not as things are')).toBeInTheDocument();
    await expect.element(verdict().getByText(/4\.3 GB could be had/)).toBeInTheDocument();
    await expect.element(verdict().getByText(/^Close other programs and tabs/)).toBeInTheDocument();
    expect(button(/^Get/).elements()).toHaveLength(0);
    await button('Use SmolLM2-135M-Instruct instead').click();
    expect(calls.oninstead).toHaveBeenCalledOnce();
    await button('Check again').click();
    expect(calls.oncheck).toHaveBeenCalledOnce();
  });

  test('no, without a graphics card: why in this browser, what to do in it, and no check that could change it', async () => {
    show({ report: report({ hasGpu: false }), noGpu: NO_GPU, instead: small });
    await expect.element(verdict().getByText(NO_GPU.why)).toBeInTheDocument();
    await expect.element(verdict().getByText(NO_GPU.advice)).toBeInTheDocument();
    expect(button(/Check|^Get/).elements()).toHaveLength(0);
  });

  test('the disk too small: with what it needs and what is there', async () => {
    const storage = { quotaBytes: 9e9, usageBytes: 5e9, isPersisted: false };
    show({ report: report({ storage }) });
    await expect
      .element(verdict().getByText(/needs 6\.5 GB on the disk, and the browser has 4 GB left/))
      .toBeInTheDocument();
  });

  test('begun: goes on from where it is', async () => {
    show({ stored: stored('importing', 400) });
    await button(/^Go on from 40/).click();
    expect(calls.onget).toHaveBeenCalledOnce();
  });

  test('coming: says so in place of its button; another one that comes is waited for', async () => {
    show({ download: coming(solar) });
    await expect.element(page.getByText('Downloading')).toBeInTheDocument();
    expect(button(/^Get/).elements()).toHaveLength(0);
  });

  test('another one that comes is waited for, by its name', async () => {
    const other = models.find(({ id }) => id.endsWith('q8_0'))!;
    show({ download: coming(other) });
    await expect.element(page.getByText('SOLAR-10.7B-Instruct Q8_0 is being downloaded first.')).toBeInTheDocument();
    await expect.element(button('Get SOLAR-10.7B-Instruct')).toBeDisabled();
  });

  test('stored: is loaded by one press, by the name of its size', async () => {
    show({ stored: stored('complete', 1000) });
    await button('Load and chat: SOLAR-10.7B-Instruct Q4_K_M').click();
    expect(calls.onload).toHaveBeenCalledOnce();
  });

  test('in use: nothing is asked any more', async () => {
    show({ stored: stored('complete', 1000), isLoaded: true });
    await expect.element(page.getByText('In use')).toBeInTheDocument();
    expect(page.getByRole('button').elements()).toHaveLength(0);
    expect(verdict().elements()).toHaveLength(0);
  });
});

test('the included model is loaded at once, also on the processor where there is no graphics card', async () => {
  const [alone] = familiesOf([small]);
  const facts = { ...DESKTOP, hasGpu: false };
  show({ family: alone!, chosen: small, memory: memoryByContext(small), report: readiness(small, 0, facts, models) });
  await expect.element(verdict().getByText('Yes, on the processor')).toBeInTheDocument();
  await button(/^Load and chat: SmolLM2-135M-Instruct/).click();
  expect(calls.onload).toHaveBeenCalledOnce();
});

describe('before the first byte', () => {
  const asked = { onstart: vi.fn(), oninstead: vi.fn(), onclose: vi.fn() };
  function ask(changes: Partial<ComponentProps<typeof GetModel>> = {}): void {
    const meanwhile = { name: 'SmolLM2-135M-Instruct', isLoaded: true };
    const first = {
      model: solar,
      report: report(),
      noGpu: null,
      checking: false,
      bytesPerSecond: 8e6,
      isMetered: false,
    };
    render(GetModel, { ...first, meanwhile, instead: null, ...asked, ...changes });
  }
  const dialog = () => page.getByRole('dialog', { name: 'Get SOLAR-10.7B-Instruct Q4_K_M' });

  test('size, time, disk, licence, limits and who answers meanwhile are told', async () => {
    ask({ report: report({ trial: trial(8 * GiB) }) });
    for (const text of [
      'Yes, it works here',
      '6.5 GB',
      /^about 13 minutes at your 8 MB\/s$/,
      '193.5 GB left for this page afterwards',
      'Non-commercial use only',
      'While it downloads, SmolLM2-135M-Instruct answers.',
    ]) {
      await expect.element(dialog().getByText(text).first()).toBeInTheDocument();
    }
    await expect.element(dialog().getByText(solar.limits.en)).toBeInTheDocument();
    await button('Download 6.5 GB').click();
    expect(asked.onstart).toHaveBeenCalledOnce();
  });

  test('while the device is checked the download waits', async () => {
    ask({ checking: true, report: report({ bytesPerSecond: null }), bytesPerSecond: null });
    await expect.element(dialog().getByText('Checking this device…')).toBeInTheDocument();
    await expect.element(button('Download 6.5 GB')).toBeDisabled();
  });

  test('a refusal offers no download, and what works', async () => {
    ask({ report: report({ isHandheld: true }), instead: small });
    await expect.element(dialog().getByText(/Phones and tablets end a page/)).toBeInTheDocument();
    expect(button(/^Download/).elements()).toHaveLength(0);
    await expect.element(button('Use SmolLM2-135M-Instruct instead')).toBeEnabled();
  });

  test('a metered line is not measured, and its cost is told', async () => {
    const connection = { savesData: true, type: 'cellular', downlinkMbps: null };
    ask({ report: report({ connection, bytesPerSecond: null }), bytesPerSecond: null, isMetered: true });
    await expect.element(dialog().getByText('Not measured, to spare your metered connection')).toBeInTheDocument();
    await expect.element(dialog().getByText(/this download may cost money/)).toBeInTheDocument();
  });

  test('of a begun download only the rest is told', async () => {
    ask({ report: report({}, solar.sizeBytes - 2e9) });
    await expect.element(dialog().getByText('2 GB more; the rest is already here')).toBeInTheDocument();
    await expect.element(button('Download 2 GB')).toBeEnabled();
  });
});
