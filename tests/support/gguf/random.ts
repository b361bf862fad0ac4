/** Seeded random numbers, the same in every engine: only exactly rounded arithmetic. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 32 random bits (mulberry32). */
  bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0 to below `limit`. */
  integer(limit: number): number {
    return Math.floor((this.bits() / 2 ** 32) * limit);
  }

  /** Mean 0, deviation 1, bell-shaped within ±3.5: the sum of four uniform numbers. */
  normal(): number {
    const sum = this.bits() + this.bits() + this.bits() + this.bits();
    return (sum / 2 ** 32 - 2) * 1.7320508075688772;
  }

  normals(count: number, deviation: number, mean = 0): Float32Array {
    const numbers = new Float32Array(count);
    for (let index = 0; index < count; index++) numbers[index] = mean + deviation * this.normal();
    return numbers;
  }
}
