// The second wall behind the escaping of `to-html.ts`: only these elements and attributes reach the page, whatever comes.
import DOMPurify from 'dompurify';
import type { Config } from 'dompurify';

const ALLOWED: Config = {
  ALLOWED_TAGS: [
    ...[
      'p',
      'br',
      'hr',
      'h3',
      'h4',
      'h5',
      'h6',
      'blockquote',
      'ul',
      'ol',
      'li',
      'strong',
      'em',
      'del',
      'code',
      'a',
      'data',
    ],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td', '#text'],
  ],
  ALLOWED_ATTR: ['href', 'start', 'align', 'scope', 'value'],
  ADD_URI_SAFE_ATTR: ['start', 'align', 'scope', 'value'],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** Parses HTML into nodes of the allowed kinds, with every link named, or without a link where its address is none. */
export function sanitise(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, ALLOWED as Config & { RETURN_DOM_FRAGMENT: true });
  for (const link of fragment.querySelectorAll('a')) nameLink(link);
  for (const code of fragment.querySelectorAll('code')) code.dir = 'ltr';
  return fragment;
}

/** Says where a link leads when its text does not, and lets the place know nothing of where it was followed. */
function nameLink(link: HTMLAnchorElement): void {
  const url = parseAddress(link.getAttribute('href') ?? '');
  if (url === null) {
    link.replaceWith(...link.childNodes);
    return;
  }
  link.href = url.href;
  link.rel = 'noopener noreferrer nofollow';
  link.target = '_blank';
  const place = url.protocol === 'mailto:' ? url.pathname : url.host;
  if (saysPlace(link.textContent, url)) return;
  const name = document.createElement('span');
  name.className = 'md-host';
  name.dir = 'ltr';
  name.textContent = ` (${place})`;
  link.append(name);
}

function parseAddress(href: string): URL | null {
  if (!/^(?:https?:\/\/|mailto:)/i.test(href)) return null; // relative ones would lead into this site
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url : null;
  } catch {
    return null; // not an address
  }
}

/** Whether a text is the address itself, in full or from its host on. Anything else hides it. */
function saysPlace(text: string, url: URL): boolean {
  const shown = text.trim().replace(/\/$/, '');
  const full = url.href.replace(/\/$/, '');
  const bare = full.replace(/^(?:https?:\/\/|mailto:)/, '');
  return (
    shown === full || shown === bare || shown === url.host || (url.protocol === 'mailto:' && shown === url.pathname)
  );
}
