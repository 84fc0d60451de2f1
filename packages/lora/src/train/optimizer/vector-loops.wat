;; Two loops over millions of numbers, four at a time. `npm run wasm` turns this file into vector-loops.generated.ts.
;; Arrays are of 32-bit floats and padded with zeros to whole vectors of 16 bytes.
(module
  (import "host" "memory" (memory 0))

  ;; One step of AdamW. Four arrays of $bytes bytes lie one after the other, from address 0 on: values, gradient, first
  ;; moment, second moment. The constants are those of `StepConstants` in vector-loops.ts; $rest1 is 1 - $beta1,
  ;; $rest2 is 1 - $beta2.
  (func (export "adamW")
    (param $bytes i32)
    (param $factor f32) (param $beta1 f32) (param $rest1 f32) (param $beta2 f32) (param $rest2 f32)
    (param $keep f32) (param $stepSize f32) (param $correction f32) (param $epsilon f32)
    (local $at i32)
    (local $first v128) (local $second v128) (local $gradient v128)
    ;; Each constant four times.
    (local $factors v128) (local $betas1 v128) (local $rests1 v128) (local $betas2 v128) (local $rests2 v128)
    (local $keeps v128) (local $stepSizes v128) (local $corrections v128) (local $epsilons v128)
    (local.set $factors (f32x4.splat (local.get $factor)))
    (local.set $betas1 (f32x4.splat (local.get $beta1)))
    (local.set $rests1 (f32x4.splat (local.get $rest1)))
    (local.set $betas2 (f32x4.splat (local.get $beta2)))
    (local.set $rests2 (f32x4.splat (local.get $rest2)))
    (local.set $keeps (f32x4.splat (local.get $keep)))
    (local.set $stepSizes (f32x4.splat (local.get $stepSize)))
    (local.set $corrections (f32x4.splat (local.get $correction)))
    (local.set $epsilons (f32x4.splat (local.get $epsilon)))
    (loop $vectors
      ;; gradient = factor * gradient
      (local.set $gradient
        (f32x4.mul
          (v128.load (i32.add (local.get $at) (local.get $bytes)))
          (local.get $factors)))
      ;; first = beta1 * first + (1 - beta1) * gradient
      (local.set $first
        (f32x4.add
          (f32x4.mul
            (v128.load (i32.add (i32.add (local.get $at) (local.get $bytes)) (local.get $bytes)))
            (local.get $betas1))
          (f32x4.mul (local.get $gradient) (local.get $rests1))))
      ;; second = beta2 * second + (1 - beta2) * gradient^2
      (local.set $second
        (f32x4.add
          (f32x4.mul
            (v128.load
              (i32.add (i32.add (i32.add (local.get $at) (local.get $bytes)) (local.get $bytes)) (local.get $bytes)))
            (local.get $betas2))
          (f32x4.mul (f32x4.mul (local.get $gradient) (local.get $gradient)) (local.get $rests2))))
      (v128.store
        (i32.add (i32.add (local.get $at) (local.get $bytes)) (local.get $bytes))
        (local.get $first))
      (v128.store
        (i32.add (i32.add (i32.add (local.get $at) (local.get $bytes)) (local.get $bytes)) (local.get $bytes))
        (local.get $second))
      ;; value = keep * value - stepSize * first / (sqrt(second) * correction + epsilon)
      (v128.store
        (local.get $at)
        (f32x4.sub
          (f32x4.mul (v128.load (local.get $at)) (local.get $keeps))
          (f32x4.div
            (f32x4.mul (local.get $first) (local.get $stepSizes))
            (f32x4.add
              (f32x4.mul (f32x4.sqrt (local.get $second)) (local.get $corrections))
              (local.get $epsilons)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $at) (local.get $bytes)))))

  ;; Sum of the squares of the floats from address $at up to $until, added up in 64 bits.
  (func (export "sumOfSquares")
    (param $at i32) (param $until i32) (result f64)
    (local $four v128) (local $two v128) (local $sum v128)
    (loop $vectors
      (local.set $four (v128.load (local.get $at)))
      ;; The lower two of the four floats, then the upper two, brought down by the shuffle.
      (local.set $two (f64x2.promote_low_f32x4 (local.get $four)))
      (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (local.get $two) (local.get $two))))
      (local.set $two
        (f64x2.promote_low_f32x4
          (i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 (local.get $four) (local.get $four))))
      (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (local.get $two) (local.get $two))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $at) (local.get $until))))
    (f64.add (f64x2.extract_lane 0 (local.get $sum)) (f64x2.extract_lane 1 (local.get $sum)))))
