import type { ComponentProps } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { AppError } from '#base/errors.ts';
import type { ModelInfo } from '#engine/protocol/info.ts';
import { loadView } from '#lib/state/load-view.ts';
import ErrorNotice from '#lib/ui/ErrorNotice.svelte';
import LoadProgress from '#lib/ui/LoadProgress.svelte';
import ModelPicker from '#lib/ui/ModelPicker.svelte';
import { render } from './render.ts';

const calls = {
  onembedded: vi.fn(),
  onstored: vi.fn(),
  onfiles: vi.fn(() => true),
  onurl: vi.fn(() => true),
  onremove: vi.fn(),
};
const model = (key: string, state: ModelInfo['state']): ModelInfo => ({
  key,
  name: `Model ${key}`,
  state,
  storedBytes: 6_071_640_064,
  totalBytes: 6_071_640_064,
  catalogId: null,
  licence: null,
  completedAt: null,
  verifiedAt: null,
  contentHash: null,
  architecture: 'llama',
  contextLength: 4096,
  parameterCount: 10_731_524_096,
  source: '',
});

beforeEach(() => {
  vi.clearAllMocks();
});

function showPicker(changes: Partial<ComponentProps<typeof ModelPicker>> = {}): void {
  const first = { embeddedBytes: 98_362_432, embeddedStored: null, others: [], loadedKey: null, disabled: false };
  render(ModelPicker, { ...first, modelsHref: '/models/', onleave: vi.fn(), ...changes, ...calls });
}

test('a first visit tells size and licence before the one button that loads', async () => {
  showPicker();
  await expect.element(page.getByText('98 MB · from this site · Apache-2.0')).toBeInTheDocument();
  await expect.element(page.getByText('Downloads 98 MB once and keeps it on this device.')).toBeInTheDocument();
  await page.getByRole('button', { name: 'Load and chat' }).click();
  expect(calls.onembedded).toHaveBeenCalledOnce();
});

test("the site's own model is loaded without a download once it is stored, and can be deleted", async () => {
  showPicker({ embeddedStored: model('own', 'complete') });
  await expect.element(page.getByText('Already on this device: nothing is downloaded.')).toBeInTheDocument();
  await expect.element(page.getByRole('button', { name: 'Delete SmolLM2-135M-Instruct' })).toBeEnabled();
});

test('without a graphics card nothing can be loaded', async () => {
  showPicker({ disabled: true });
  await expect.element(page.getByRole('button', { name: 'Load and chat' })).toBeDisabled();
});

test('a stored model is loaded by its name; an unfinished one is not offered for it', async () => {
  const [whole, part] = [model('a', 'complete'), model('b', 'importing')];
  showPicker({ others: [whole, part] });
  await page.getByRole('button', { name: 'Load Model a' }).click();
  expect(calls.onstored).toHaveBeenCalledWith(whole);
  expect(page.getByRole('button', { name: 'Load Model b' }).elements()).toHaveLength(0);
  await expect.element(page.getByText('6.1 GB · 10.7 billion parameters')).toBeInTheDocument();
});

test('deleting a model asks first, and keeping it is one key away', async () => {
  showPicker({ others: [model('a', 'complete')] });
  const remove = page.getByRole('button', { name: 'Delete Model a' });
  await remove.click();
  await expect.element(page.getByRole('dialog', { name: 'Delete Model a?' })).toBeVisible();
  await userEvent.keyboard('{Escape}');
  expect(page.getByRole('dialog').elements()).toHaveLength(0);
  expect(calls.onremove).not.toHaveBeenCalled();
  await remove.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  expect(calls.onremove).toHaveBeenCalledOnce();
});

test('an address that is none is refused beside its field', async () => {
  calls.onurl.mockReturnValueOnce(false);
  showPicker();
  await page.getByText('Use another model').click();
  await page.getByLabelText('Address of a GGUF file').fill('not an address');
  await page.getByRole('button', { name: 'Load', exact: true }).click();
  await expect.element(page.getByRole('alert')).toHaveTextContent('This is not an address');
  await expect.element(page.getByLabelText('Address of a GGUF file')).toHaveAttribute('aria-invalid', 'true');
});

test('loading tells bytes, rate and time left of its stage, and what closing the page costs', async () => {
  const network = {
    stage: 'network',
    doneBytes: 43e6,
    totalBytes: 98e6,
    bytesPerSecond: 12e6,
    secondsLeft: 20,
  } as const;
  const oncancel = vi.fn();
  const view = loadView({ network }, 'network');
  render(LoadProgress, { name: 'M', view, isFile: false, queued: false, onunqueue: vi.fn(), oncancel });
  for (const text of ['Downloading', '43 of 98 MB', '12 MB/s', 'about 20 sec left']) {
    await expect.element(page.getByText(text, { exact: true })).toBeInTheDocument();
  }
  await expect.element(page.getByText(/what has arrived is kept/)).toBeInTheDocument();
  expect((page.getByRole('progressbar').element() as HTMLProgressElement).position).toBeCloseTo(43 / 98);
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(oncancel).toHaveBeenCalledOnce();
});

test('an error is told in words with one thing to do, and its details without them', async () => {
  const error = new AppError('storage-full', { neededBytes: 6e9, freeBytes: 1e9, quotaBytes: 2e9 });
  const onaction = vi.fn();
  render(ErrorNotice, { error, details: 'code: storage-full', onaction });
  await expect.element(page.getByRole('alert')).toHaveTextContent('the model needs 6 GB more, and 1 GB are free');
  await page.getByRole('button', { name: 'Manage stored models' }).click();
  expect(onaction).toHaveBeenCalledWith('space');
});
