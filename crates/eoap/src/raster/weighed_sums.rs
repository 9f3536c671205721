//! Sums of values with weights, in the order in which GDAL adds them up on processors with vectors, so that
//! the last digit is the same.

use super::tiff::{data_type::DataType, value::PixelValue};

/// Of each four, the first two and the last two are added up apart.
pub(super) fn in_pairs(values: impl ExactSizeIterator<Item = f64>, shares: &[f64]) -> f64 {
    let (mut first, mut second) = (0.0, 0.0);
    let fours = shares.len() / 4 * 4;
    for (index, (value, share)) in values.zip(shares).enumerate() {
        match index < fours && index % 4 >= 2 {
            true => second += value * share,
            false => first += value * share,
        }
    }
    first + second
}

/// Four sums side by side, as the processor's vectors have them.
pub(super) fn in_vectors(values: &[f64], shares: &[f64], is_one_of_three: bool) -> f64 {
    let mut sums = [[0.0; 4]; 2];
    // Of less than eight, lines that are computed alone have no vectors.
    let size = if is_one_of_three && shares.len() < 8 { 4 } else { 8 };
    let whole = shares.len() / size * size;
    for (number, (values, shares)) in values[..whole].chunks_exact(4).zip(shares.chunks_exact(4)).enumerate() {
        let sums = &mut sums[if is_one_of_three { 0 } else { number % 2 }];
        for lane in 0..4 {
            sums[lane] += values[lane] * shares[lane];
        }
    }
    let [a, b, c, d] = [0, 1, 2, 3].map(|lane| sums[0][lane] + sums[1][lane]);
    let rest = values[whole..].iter().zip(&shares[whole..]);
    rest.fold((a + c) + (b + d), |sum, (value, share)| sum + value * share)
}

/// The weighed sum of values, and the sum of the weights.
pub(super) fn weighed<T: PixelValue>(values: &[T], opacities: &[u8], weights: &[f64]) -> (f64, f64) {
    let whole = weights.len() / 4 * 4;
    let weight = |at: usize| weights[at] * f64::from(opacities[at]);
    let (mut sum, mut total) = (0.0, 0.0);
    if is_vectored::<T>() {
        let (mut sums, mut totals) = ([0.0; 4], [0.0; 4]);
        for at in 0..whole {
            sums[at % 4] += values[at].to_f64() * weight(at);
            totals[at % 4] += weight(at);
        }
        sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
        total = (totals[0] + totals[2]) + (totals[1] + totals[3]);
    } else {
        for at in (0..whole).step_by(4) {
            (at..at + 4).for_each(|at| sum += values[at].to_f64() * weight(at));
            total += weight(at) + weight(at + 1) + weight(at + 2) + weight(at + 3);
        }
    }
    for (at, value) in values.iter().enumerate().skip(whole) {
        sum += value.to_f64() * weight(at);
        total += weight(at);
    }
    (sum, total)
}

/// Whether GDAL adds values of this type up in vectors.
pub(super) fn is_vectored<T: PixelValue>() -> bool {
    matches!(T::DATA_TYPE, DataType::UInt8 | DataType::UInt16)
}
