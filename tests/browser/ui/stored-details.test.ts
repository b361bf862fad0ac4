import type { ComponentProps } from 'svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import type { ModelInfo } from '#engine/protocol/info.ts';
import StoredDetails from '#lib/ui/StoredDetails.svelte';
import { render } from './render.ts';

const calls = {
  onload: vi.fn(),
  ongoon: vi.fn(),
  onverify: vi.fn(),
  onrepair: vi.fn(),
  onremove: vi.fn(),
  onexport: vi.fn(),
  onimport: vi.fn(),
  onstop: vi.fn(),
};
beforeEach(() => vi.clearAllMocks());

const model = (key: string, changes: Partial<ModelInfo> = {}): ModelInfo => ({
  key,
  name: `Model ${key}`,
  state: 'complete',
  storedBytes: 6.1e9,
  totalBytes: 6.1e9,
  catalogId: null,
  licence: null,
  completedAt: Date.UTC(2026, 10, 20, 12),
  verifiedAt: null,
  contentHash: null,
  architecture: 'llama',
  contextLength: 4096,
  parameterCount: 1e10,
  source: '',
  ...changes,
});

function show(changes: Partial<ComponentProps<typeof StoredDetails>> = {}): void {
  const quiet = { work: null, done: 0, outcome: null, disabled: false, isBringing: false, loadedKey: null };
  const room = { quotaBytes: 50e9, usageBytes: 6.2e9, isPersisted: true };
  const first = { models: [model('a')], room, hasSource: () => true, canPickFolder: true, ...quiet };
  render(StoredDetails, { ...first, ...calls, ...changes });
}

const button = (name: string) => page.getByRole('button', { name, exact: true });

describe('a stored model', () => {
  test('is told with its size and its dates, and the disk with what the browser holds', async () => {
    show({ models: [model('a', { verifiedAt: Date.UTC(2026, 10, 22, 12) })] });
    for (const text of [/^6\.1 GB/, /^stored November 20, 2026/, /^checked November 22, 2026/]) {
      await expect.element(page.getByText(text)).toBeInTheDocument();
    }
    await expect.element(page.getByText(/holds 6\.2 GB for this page and has about 43\.8 GB more/)).toBeInTheDocument();
    await expect.element(page.getByText(/promised not to delete them/)).toBeInTheDocument();
  });

  test('can be loaded, checked and copied, each by its name', async () => {
    show();
    await button('Load Model a').click();
    await button('Check Model a').click();
    await button('Copy Model a to a folder').click();
    expect(calls.onload).toHaveBeenCalledOnce();
    expect(calls.onverify).toHaveBeenCalledOnce();
    expect(calls.onexport).toHaveBeenCalledOnce();
  });

  test('in use is not offered to be loaded', async () => {
    show({ loadedKey: 'a' });
    await expect.element(page.getByText('In use')).toBeInTheDocument();
    expect(button('Load Model a').elements()).toHaveLength(0);
  });

  test('that is unfinished is gone on with where its source is known, unless another one comes', async () => {
    const part = model('a', { state: 'importing', storedBytes: 2.1e9 });
    show({ models: [part] });
    await expect.element(page.getByText('2.10 of 6.1 GB')).toBeInTheDocument();
    await button('Go on with Model a').click();
    expect(calls.ongoon).toHaveBeenCalledWith(part);
    expect(button('Check Model a').elements()).toHaveLength(0);
  });

  test('that is unfinished waits while another one comes, and says nothing of its file', async () => {
    show({ models: [model('a', { state: 'importing' })], isBringing: true });
    await expect.element(button('Go on with Model a')).toBeDisabled();
    expect(page.getByText('Open its file again to go on.').elements()).toHaveLength(0);
  });

  test('that is unfinished and came from a file needs that file', async () => {
    show({ models: [model('a', { state: 'importing' })], hasSource: () => false });
    await expect.element(page.getByText('Open its file again to go on.')).toBeInTheDocument();
    expect(button('Go on with Model a').elements()).toHaveLength(0);
  });

  test('whose record cannot be read can only be deleted', async () => {
    show({ models: [model('a', { name: '', state: 'importing', storedBytes: 0 })], hasSource: () => false });
    await expect.element(page.getByText('A record that cannot be read any more')).toBeInTheDocument();
    await button('Delete A record that cannot be read any more').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    expect(calls.onremove).toHaveBeenCalledOnce();
  });
});

test('deleting all asks once and tells what it frees', async () => {
  const models = [model('a'), model('b')];
  show({ models });
  await button('Delete all models').click();
  const dialog = page.getByRole('dialog', { name: 'Delete all stored models?' });
  await expect.element(dialog.getByText(/frees 12\.2 GB/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  expect(calls.onremove).toHaveBeenCalledWith(models);
});

describe('work', () => {
  test('on one model is told beside it, can be stopped, and leaves no other to be begun', async () => {
    show({ models: [model('a'), model('b')], work: { key: 'a', doing: 'export' }, done: 0.436, disabled: true });
    await expect.element(page.getByText('Copying to the folder… 43%')).toBeInTheDocument();
    for (const name of ['Check Model b', 'Delete Model b', 'Bring in a folder', 'Load Model b']) {
      await expect.element(button(name)).toBeDisabled();
    }
    await button('Stop').click();
    expect(calls.onstop).toHaveBeenCalledOnce();
  });

  test.each([
    ['verify', 'Checking every byte…'],
    ['repair', 'Fetching the damaged pieces… 50%'],
    ['delete', 'Deleting…'],
  ] as const)('%s is told in words', async (doing, words) => {
    show({ work: { key: 'a', doing }, done: 0.5 });
    await expect.element(page.getByText(words)).toBeInTheDocument();
  });
});

describe('what came of it', () => {
  const part = model('a', { state: 'importing', storedBytes: 6e9 });
  const damaged = { kind: 'damaged', name: 'Model a', key: 'a' } as const;

  test('damage is mended by one press where the source is known', async () => {
    show({ models: [part], outcome: damaged });
    await expect
      .element(page.getByRole('status'))
      .toHaveTextContent(/^Model a is damaged, and nothing else is affected/);
    await button('Fetch the damaged pieces').click();
    expect(calls.onrepair).toHaveBeenCalledWith(part);
  });

  test('damage without a known source says what to open', async () => {
    show({ models: [part], outcome: damaged, hasSource: () => false });
    await expect
      .element(page.getByRole('status'))
      .toHaveTextContent(/Open its file, or the folder it came in, once more/);
    expect(button('Fetch the damaged pieces').elements()).toHaveLength(0);
  });

  test.each([
    [{ kind: 'intact', name: 'Model a', bytes: 6.1e9 }, 'Model a is intact: all 6.1 GB were read and compared.'],
    [{ kind: 'repaired', name: 'Model a' }, 'Model a is whole again.'],
    [{ kind: 'imported', name: 'Model a' }, 'Model a is stored on this device now, and every byte of it is checked.'],
    [
      { kind: 'deleted', count: 1, beforeBytes: 6.2e9, afterBytes: 1e6 },
      'The browser held 6.2 GB for this page, and holds 1 MB now.',
    ],
    [
      { kind: 'exported', name: 'Model a', folder: 'model-a', bytes: 6.1e9 },
      'Model a is in the folder “model-a” now (6.1 GB).',
    ],
  ] as const)('%o is told', async (outcome, words) => {
    show({ outcome });
    await expect.element(page.getByRole('status')).toHaveTextContent(words);
  });
});

describe('a folder', () => {
  test('is chosen in the browser’s own dialog where there is one', async () => {
    show();
    await button('Bring in a folder').click();
    expect(calls.onimport).toHaveBeenCalledWith(null);
  });

  test('is chosen in a file input elsewhere, and nothing can be copied out there', async () => {
    show({ canPickFolder: false });
    expect(button('Copy Model a to a folder').elements()).toHaveLength(0);
    await expect.element(page.getByText(/This browser cannot copy a model to a folder/)).toBeInTheDocument();
    const input = document.querySelector<HTMLInputElement>('input[type=file]')!;
    expect(input.webkitdirectory).toBe(true);
    const chosen = new DataTransfer();
    chosen.items.add(new File(['{}'], 'manifest.json'));
    input.files = chosen.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    expect(calls.onimport).toHaveBeenCalledWith([expect.objectContaining({ name: 'manifest.json' })]);
  });
});
