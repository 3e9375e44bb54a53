/** Keeps the best of many rows: by score, and equal scores by id. */
export class BestRows {
  private readonly limit: number;
  private readonly idOf: (row: number) => string;
  private readonly kept: { readonly row: number; readonly score: number }[] = [];
  private worst = Number.NEGATIVE_INFINITY;

  constructor(limit: number, idOf: (row: number) => string) {
    this.limit = limit;
    this.idOf = idOf;
  }

  add(row: number, score: number): void {
    const { kept, limit } = this;
    if (kept.length === limit && score < this.worst) return;
    kept.splice(this.placeOf(row, score), 0, { row, score });
    if (kept.length > limit) kept.pop();
    if (kept.length === limit) this.worst = kept.at(-1)?.score ?? this.worst;
  }

  /** Best first. */
  get rows(): readonly { readonly row: number; readonly score: number }[] {
    return this.kept;
  }

  private placeOf(row: number, score: number): number {
    let low = 0;
    let high = this.kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.kept[middle];
      if (other && this.isBefore(other, row, score)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private isBefore(other: { readonly row: number; readonly score: number }, row: number, score: number): boolean {
    if (other.score !== score) return other.score > score;
    return this.idOf(other.row) < this.idOf(row);
  }
}
