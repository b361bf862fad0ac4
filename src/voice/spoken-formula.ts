/** Longer formulas are not understood by ear. */
const MAX_SPOKEN = 60;

const SIGNS: Readonly<Record<string, string>> = {
  cdot: '·',
  times: '×',
  div: '÷',
  pm: '±',
  le: '≤',
  leq: '≤',
  ge: '≥',
  geq: '≥',
  ne: '≠',
  neq: '≠',
  approx: '≈',
  infty: '∞',
  to: '→',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ε',
  theta: 'θ',
  lambda: 'λ',
  mu: 'μ',
  pi: 'π',
  rho: 'ρ',
  sigma: 'σ',
  phi: 'φ',
  omega: 'ω',
  Delta: 'Δ',
  Sigma: 'Σ',
  Omega: 'Ω',
  left: '',
  right: '',
};

/** A formula as a voice can say it, such as "x² + 1 = 5"; null for one that is more than a line of signs. */
export function spokenFormula(tex: string): string | null {
  const said = tex
    .trim()
    .replace(/^(?:\$\$?|\\[([])|(?:\$\$?|\\[)\]])$/g, '')
    .replace(/\\(?:text|mathrm|mathbf|operatorname)\{([^{}\\]*)\}/g, '$1')
    .replace(/\\([A-Za-z]+)/g, (command, name: string) => SIGNS[name] ?? command)
    .replace(/\\[,;:! ]/g, ' ')
    .replace(/\^\{?2\}?(?!\d)/g, '²')
    .replace(/\^\{?3\}?(?!\d)/g, '³')
    .replace(/_\{?(\w)\}?/g, ' $1')
    .replace(/\s+/g, ' ')
    .trim();
  const isPlain = /^[\p{L}\p{N}\s+\-−=·×÷±≤≥≠≈∞→<>/().,:%!²³]+$/u.test(said);
  return isPlain && said.length <= MAX_SPOKEN ? said : null;
}
