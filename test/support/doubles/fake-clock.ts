/** Time that passes only when everybody sleeps, or when the test says so. */
export class FakeClock {
  /** How many act at the same time. */
  actors = 1;
  private milliseconds = Date.parse('2026-01-15T12:00:00Z');
  private readonly asleep: Array<{ readonly until: number; readonly wake: () => void }> = [];

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

  /** One actor sleeps; when all do, it is the time at which the first one wakes. */
  async sleep(milliseconds: number): Promise<void> {
    return new Promise(wake => {
      this.asleep.push({ until: this.milliseconds + milliseconds, wake });
      this.wakeFirst();
    });
  }

  /** One actor has ended. */
  leave(): void {
    this.actors--;
    this.wakeFirst();
  }

  private wakeFirst(): void {
    if (this.asleep.length === 0 || this.asleep.length < this.actors) return;
    const { until, wake } = this.asleep.sort((a, b) => a.until - b.until).shift()!;
    this.milliseconds = Math.max(this.milliseconds, until);
    wake();
  }
}
