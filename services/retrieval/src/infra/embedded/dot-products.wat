;; The source of the bytes in dot-products.ts: products of one query with rows that lie one after another.
;; A row is `bytes` long, a multiple of 64. Four sums run side by side, so that an addition never waits for the one before.
(module
  (import "m" "memory" (memory 1))
  (func (export "dots") (param $row i32) (param $count i32) (param $bytes i32) (param $query i32) (param $out i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $q i32) (local $end i32)
    (loop $rows
      (if (i32.eqz (local.get $count)) (then (return)))
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (v128.const i32x4 0 0 0 0))
      (local.set $c (v128.const i32x4 0 0 0 0))
      (local.set $d (v128.const i32x4 0 0 0 0))
      (local.set $q (local.get $query))
      (local.set $end (i32.add (local.get $row) (local.get $bytes)))
      (loop $dims
        (local.set $a (f32x4.add (local.get $a) (f32x4.mul (v128.load offset=0 (local.get $row)) (v128.load offset=0 (local.get $q)))))
        (local.set $b (f32x4.add (local.get $b) (f32x4.mul (v128.load offset=16 (local.get $row)) (v128.load offset=16 (local.get $q)))))
        (local.set $c (f32x4.add (local.get $c) (f32x4.mul (v128.load offset=32 (local.get $row)) (v128.load offset=32 (local.get $q)))))
        (local.set $d (f32x4.add (local.get $d) (f32x4.mul (v128.load offset=48 (local.get $row)) (v128.load offset=48 (local.get $q)))))
        (local.set $row (i32.add (local.get $row) (i32.const 64)))
        (local.set $q (i32.add (local.get $q) (i32.const 64)))
        (br_if $dims (i32.lt_u (local.get $row) (local.get $end))))
      (local.set $a (f32x4.add (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
      (f32.store (local.get $out)
        (f32.add
          (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
          (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $rows))))
