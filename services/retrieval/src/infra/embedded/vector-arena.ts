import { type DotProducts, dotProducts } from './dot-products.js';
import { Memory } from './web-assembly.js';

const pageBytes = 65_536;
/** Small enough that many small indexes waste little, large enough that the call for each costs nothing. */
const segmentBytes = 4 * pageBytes;
/** Where the query lies, and after it the products of one segment. */
const queryAddress = 0;
const productsAddress = pageBytes;
const firstSegment = 2 * pageBytes;
/** A row is a multiple of what the products take at a time. */
const rowStep = 16;

/** Memory for the vectors of all indexes, in segments that go back when an index is closed. */
export class VectorArena {
  readonly memory = new Memory({ initial: firstSegment / pageBytes, maximum: 65_536 });
  readonly dots: DotProducts = dotProducts(this.memory);
  private readonly free: number[] = [];

  /** The address of a free segment. Throws RangeError when 4 GiB are in use. */
  take(): number {
    return this.free.pop() ?? this.memory.grow(segmentBytes / pageBytes) * pageBytes;
  }

  giveBack(segments: readonly number[]): void {
    this.free.push(...segments);
  }
}

/** The vectors of one index, made one long, so that a product is a cosine. */
export class VectorRows {
  private readonly arena: VectorArena;
  private readonly rowFloats: number;
  private readonly perSegment: number;
  private readonly segments: number[] = [];
  private count = 0;

  constructor(arena: VectorArena, dimensions: number) {
    this.arena = arena;
    this.rowFloats = Math.ceil(dimensions / rowStep) * rowStep;
    this.perSegment = Math.floor(segmentBytes / (this.rowFloats * 4));
  }

  get bytes(): number {
    return this.segments.length * segmentBytes;
  }

  /** Adds a vector as the next row. */
  push(vector: Float32Array): void {
    const place = this.count % this.perSegment;
    if (place === 0) this.segments.push(this.arena.take());
    const address = (this.segments.at(-1) ?? 0) + place * this.rowFloats * 4;
    this.write(address, vector);
    this.count += 1;
  }

  /** Gives `see` the cosine of every row with the query. */
  scan(query: Float32Array, see: (row: number, cosine: number) => void): void {
    this.write(queryAddress, query);
    for (const [index, segment] of this.segments.entries()) {
      const first = index * this.perSegment;
      const rows = Math.min(this.perSegment, this.count - first);
      this.arena.dots(segment, rows, this.rowFloats * 4, queryAddress, productsAddress);
      const products = new Float32Array(this.arena.memory.buffer, productsAddress, rows);
      for (let row = 0; row < rows; row += 1) see(first + row, products[row] ?? 0);
    }
  }

  /** Gives `see` the cosine of some rows with the query. */
  pick(query: Float32Array, rows: readonly number[], see: (row: number, cosine: number) => void): void {
    this.write(queryAddress, query);
    for (const row of rows) {
      const address =
        (this.segments[Math.floor(row / this.perSegment)] ?? 0) + (row % this.perSegment) * this.rowFloats * 4;
      this.arena.dots(address, 1, this.rowFloats * 4, queryAddress, productsAddress);
      see(row, new Float32Array(this.arena.memory.buffer, productsAddress, 1)[0] ?? 0);
    }
  }

  close(): void {
    this.arena.giveBack(this.segments.splice(0));
    this.count = 0;
  }

  private write(address: number, vector: Float32Array): void {
    const target = new Float32Array(this.arena.memory.buffer, address, this.rowFloats);
    target.fill(0);
    let squares = 0;
    for (const value of vector) squares += value * value;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let place = 0; place < vector.length; place += 1) target[place] = (vector[place] ?? 0) * scale;
  }
}
