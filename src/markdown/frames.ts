// Shares each animation frame among everything that renders, so that typing and scrolling keep theirs.

/** Of the 16.7 ms of a frame: room for layout and paint behind it. */
const BUDGET_MS = 8;

/** Does a part of its work, and returns true when more is left. It looks at the clock itself between parts. */
type Turn = (deadlineMs: number) => boolean;

const waiting = new Set<Turn>();
let frame = 0;

/** Calls `turn` in the next frame, and in those after it for as long as it returns true. Asking twice is asking once. */
export function requestTurn(turn: Turn): void {
  waiting.add(turn);
  frame ||= requestAnimationFrame(run);
}

export function cancelTurn(turn: Turn): void {
  waiting.delete(turn);
}

function run(): void {
  frame = 0;
  const deadlineMs = performance.now() + BUDGET_MS;
  for (const turn of [...waiting]) {
    if (!waiting.delete(turn)) continue; // cancelled by one before it
    if (turn(deadlineMs)) waiting.add(turn); // behind the others
    if (performance.now() >= deadlineMs) break;
  }
  if (waiting.size > 0) frame ||= requestAnimationFrame(run);
}
