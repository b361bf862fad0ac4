// A real headless Chromium with WebGPU in software, driven from Node. The caller closes what it opens.
import { chromium, type Browser } from 'playwright';
import { CHROMIUM_FLAGS, findChromium } from '../../scripts/chromium.mjs';

export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({ headless: true, args: CHROMIUM_FLAGS, ...(executablePath ? { executablePath } : {}) });
}
