import { expect, test } from 'vitest';
import type { Token, Tokens } from 'marked';
import { lex } from '#markdown/lex.ts';
import { MAX_FORMULA } from '#markdown/math-syntax.ts';

/** The formulas of a text, display ones with a leading D. */
function formulasOf(text: string): string[] {
  const found: string[] = [];
  const walk = (tokens: readonly Token[]): void => {
    for (const token of tokens as Tokens.Generic[]) {
      if (token.type === 'math') found.push(`${token['display'] ? 'D ' : ''}${token['source']}`);
      walk(token.tokens ?? []);
      for (const item of (token['items'] as Tokens.ListItem[] | undefined) ?? []) walk(item.tokens);
      for (const row of (token['rows'] as Tokens.TableCell[][] | undefined) ?? [])
        row.forEach((cell) => walk(cell.tokens));
    }
  };
  walk(lex(text));
  return found;
}

test.each([
  ['Let \\(a*b*c\\) be', ['a*b*c']],
  ['Let \\[a\\] be', ['D a']],
  ['\\[\na_1 + b_1\n\\]', ['D a_1 + b_1']],
  ['$$\na\n$$\nwords', ['D a']],
  ['Then $x$, $y_1$ and $a_2$.', ['x', 'y_1', 'a_2']],
  ['inside $$x$$ words', ['D x']],
  ['- $x$ in a list\n- \\(y\\)', ['x', 'y']],
  ['|a|b|\n|-|-|\n|$x$|\\(y\\)|', ['x', 'y']],
  ['*see $a*b$ there*', ['a*b']],
  ['$3 \\times 4$ and $2x + 1$', ['3 \\times 4', '2x + 1']],
  ['a \\$ sign $x$', ['x']],
  ['$\\text{cost in \\$}$', ['\\text{cost in \\$}']],
])('finds the formulas of %j', (text, formulas) => {
  expect(formulasOf(text)).toEqual(formulas);
});

test.each([
  'It costs $5 and $10.',
  'From $5-$10 a month',
  '$5, or maybe 10$',
  '$5 million more than 3$ each',
  'US$ 5 and US$ 6',
  '`$x$` and ``\\(y\\)``',
  '```\n$x$ \\(y\\)\n```',
  '    $x$ indented code',
  '$PATH and `x$`',
  'a \\\\(b\\\\) c',
  'an open \\(formula',
  'an open $$formula',
  'one \\(over\n\na blank\\) line',
  `$${'x'.repeat(MAX_FORMULA + 10)}$`,
  '$$$$ and $ $',
])('finds none in %j', (text) => {
  expect(formulasOf(text)).toEqual([]);
});
