//! Noise that depends on a place and a seed alone, so that a landscape can be drawn in any order and always
//! comes out the same.
//!
//! The places are pixels; what the noise is used for is not known here.

/// A well-mixed number for a place (the finaliser of SplitMix64).
fn mixed(column: i32, row: i32, seed: u64) -> u64 {
    let place = (u64::from(column.cast_unsigned()) << 32) | u64::from(row.cast_unsigned());
    let mut all = place.wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    all = (all ^ (all >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    all = (all ^ (all >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    all ^ (all >> 31)
}

/// White noise: from -1 to 1, every value as likely as another.
pub(crate) fn even(column: i32, row: i32, seed: u64) -> f32 {
    // 24 bits, which is what a float holds.
    (mixed(column, row, seed) >> 40) as f32 / 8_388_608.0 - 1.0
}

/// White noise: nearly normal, with a mean of zero and a deviation of one.
pub(crate) fn normal(column: i32, row: i32, seed: u64) -> f32 {
    const EVERY_OTHER_BYTE: u64 = 0x00ff_00ff_00ff_00ff;
    let all = mixed(column, row, seed);
    // The sum of its eight bytes: even numbers, whose deviations add up to 8 times (256² - 1) / 12.
    let pairs = (all & EVERY_OTHER_BYTE) + ((all >> 8) & EVERY_OTHER_BYTE);
    let sum = (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as u32;
    (sum as f32 - 1020.0) * (1.0 / 209.02)
}

/// The whole number below; a landscape has fewer pixels than an `i32` counts. (The library's own is a call
/// where a processor may be an old one.)
fn floor(value: f32) -> i32 {
    let whole = value as i32;
    whole - i32::from(whole as f32 > value)
}

/// Smooth noise from -1 to 1, whose hills are about `length` pixels apart.
pub(crate) fn smooth(column: f32, row: f32, length: f32, seed: u64) -> f32 {
    let (x, y) = (column / length, row / length);
    let (left, top) = (floor(x), floor(y));
    let ease = |part: f32| part * part * (3.0 - 2.0 * part);
    let (across, down) = (ease(x - left as f32), ease(y - top as f32));
    let at = |x: i32, y: i32| even(left + x, top + y, seed);
    let mix = |one: f32, other: f32, part: f32| one + (other - one) * part;
    mix(mix(at(0, 0), at(1, 0), across), mix(at(0, 1), at(1, 1), across), down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_noise_has_a_mean_of_zero_and_a_deviation_of_one() {
        let values: Vec<f32> = (0..100).flat_map(|row| (0..100).map(move |column| normal(column, row, 7))).collect();
        let mean = values.iter().sum::<f32>() / 1e4;
        let deviation = (values.iter().map(|value| value * value).sum::<f32>() / 1e4).sqrt();
        assert!(mean.abs() < 0.03 && (deviation - 1.0).abs() < 0.03, "{mean} {deviation}");
    }

    #[test]
    fn smooth_noise_goes_through_its_hills_without_a_step() {
        let step = (-300..300).map(|at| {
            let here = smooth(at as f32, 5.0, 40.0, 1);
            (smooth(at as f32 + 1.0, 5.0, 40.0, 1) - here).abs()
        });
        assert!(step.fold(0.0, f32::max) < 0.1);
        assert_eq!(smooth(80.0, -40.0, 40.0, 1), even(2, -1, 1));
    }
}
