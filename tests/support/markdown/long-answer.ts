// An answer of about 4,000 tokens with everything that Markdown has, as a model that was asked for a lot would write it.

const CODE: readonly ((index: number) => string)[] = [
  (index) => `\`\`\`python
def step_${index}(values: list[int]) -> int:
    """Adds what is even."""
    total = 0
    for value in values:  # every one of them
        if value % 2 == 0:
            total += value * ${index}
    return total
\`\`\``,
  (index) => `\`\`\`typescript
/** Adds what is even. */
export function step${index}(values: readonly number[]): number {
  let total = 0;
  for (const value of values) {
    if (value % 2 === 0) total += value * ${index}; // costs $${index}, and no \\( formula \\)
  }
  return total;
}
\`\`\``,
  (index) => `\`\`\`sql
-- What is even, added.
SELECT sum(value * ${index}) AS total
FROM step_${index}
WHERE value % 2 = 0
GROUP BY owner
HAVING count(*) > ${index};
\`\`\``,
];

const FORMULA: readonly ((index: number) => string)[] = [
  (index) => `$$
\\sum_{i=1}^{${index}} \\frac{1}{i^2} \\le \\frac{\\pi^2}{6}
$$`,
  (index) => `\\[
\\int_0^{${index}} x^2 \\, dx = \\frac{${index}^3}{3}
\\]`,
];

const SECTION = (index: number): string => `## Part ${index}: what to look at

The **first** thing to know is that \`value_${index}\` grows with *time*, and that \\(a_${index}^2 + b^2 = c^2\\) holds for every one of them. It is
followed by a second sentence, which costs $5 or $10 and has a [link](https://example.org/${index}) in it.

1. Take the number and write it down, then **double** it.
2. Compare it with $x_{${index}}$ and keep the larger one.
   - A nested point with \`code\`.
   - Another one.
3. Go on with the next.

${CODE[index % CODE.length]!(index)}

| name | size | note |
|:-----|-----:|------|
| one | ${index} | small |
| two | ${index * 2} | **larger** |
| three | ${index * 3} | \`largest\` |

${FORMULA[index % FORMULA.length]!(index)}

> What was said above holds here too,
> line by line.

`;

/** The text, about 16,000 characters. */
export const longAnswer = (): string => Array.from({ length: 16 }, (_, index) => SECTION(index + 1)).join('');

/** Cuts a text as a tokenizer would: words with the space before them, and marks by themselves. */
export const tokensOf = (text: string): string[] => text.match(/ ?[\p{L}\d]{1,8}|\s+|[^\p{L}\d\s]{1,2}/gu) ?? [];
