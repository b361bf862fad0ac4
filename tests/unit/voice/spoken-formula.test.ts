import { expect, test } from 'vitest';
import { spokenFormula } from '#voice/spoken-formula.ts';

test.each([
  ['$x^2 + 1 = 5$', 'x² + 1 = 5'],
  ['\\(a_1 \\cdot b_{2}\\)', 'a 1 · b 2'],
  ['\\pi \\approx 3.14', 'π ≈ 3.14'],
  ['5\\,\\text{km}', '5 km'],
])('says %s as %s', (tex, said) => {
  expect(spokenFormula(tex)).toBe(said);
});

test.each(['\\frac{a}{b}', '\\int_0^1 f', 'x^{10}', '\\begin{matrix}1&2\\end{matrix}', 'a+'.repeat(40) + 'b'])(
  'does not try to say %s',
  (tex) => {
    expect(spokenFormula(tex)).toBeNull();
  },
);
