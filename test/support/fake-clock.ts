/** Time that passes only when somebody sleeps, or when the test says so. */
export class FakeClock {
  private milliseconds = Date.parse('2026-01-15T12:00:00Z');

  now(): number {
    return this.milliseconds;
  }

  date(): Date {
    return new Date(this.milliseconds);
  }

  /** Lets time pass. */
  pass(milliseconds: number): void {
    this.milliseconds += milliseconds;
  }
}
