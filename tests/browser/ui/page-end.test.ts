import { afterEach, beforeEach, expect, test } from 'vitest';
import { PageEnd } from '#lib/ui/page-end.svelte.ts';

let end: PageEnd;
let content: HTMLElement;
let stop: () => void;

const root = document.documentElement;
const fromEnd = (): number => root.scrollHeight - root.clientHeight - root.scrollTop;
/** Long enough for layout, the resize observer and the scroll event. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

beforeEach(async () => {
  end = new PageEnd();
  content = document.createElement('div');
  content.style.height = '3000px';
  document.body.append(content);
  addEventListener('scroll', end.onscroll);
  stop = end.follow(content);
  await settled();
});

afterEach(() => {
  stop();
  removeEventListener('scroll', end.onscroll);
  content.remove();
});

test('the page stays at its end while it grows', async () => {
  expect(fromEnd()).toBeLessThan(2);
  content.style.height = '5000px';
  await settled();
  expect(fromEnd()).toBeLessThan(2);
  expect(root.scrollTop).toBeGreaterThan(3000);
});

test('a reader who scrolled up is not moved, and can go back to the end', async () => {
  root.scrollTop = 500;
  await settled();
  expect(end.isNear).toBe(false);
  content.style.height = '5000px';
  await settled();
  expect(root.scrollTop).toBe(500);
  end.go();
  await settled();
  expect(fromEnd()).toBeLessThan(2);
  expect(end.isNear).toBe(true);
});

test('a page that grows by much between a jump and its event is still followed', async () => {
  content.style.height = '5000px';
  await new Promise((resolve) => addEventListener('scroll', resolve, { once: true, capture: true }));
  content.style.height = '6000px';
  end.onscroll(); // the event of the jump before
  expect(end.isNear).toBe(true);
  await settled();
  expect(fromEnd()).toBeLessThan(2);
});
