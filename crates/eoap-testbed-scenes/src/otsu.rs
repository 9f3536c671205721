//! Otsu's threshold (IEEE Transactions on Systems, Man, and Cybernetics 9, 1979), as the function
//! `threshold_otsu` of scikit-image finds it.
//!
//! [`threshold`] computes with numbers of 32 bits in the order of NumPy, so that the same pixels come out on
//! the same side. `imageproc` has Otsu's method for pictures of bytes only. What the values mean is not known
//! here.

/// Bins of the histogram.
const BINS: usize = 256;

/// What parts the finite ones of these values best: those above it from the others. `None` where there is no
/// finite one.
pub fn threshold(values: &[f32]) -> Option<f32> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, most) =
        finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    if least >= most {
        return (least == most).then_some(least);
    }
    let step = (most - least) / BINS as f32;
    let mut edges: Vec<f32> = (0..=BINS).map(|index| index as f32 * step + least).collect();
    edges[BINS] = most;
    let mut counts = [0_u32; BINS];
    let width = most - least;
    for value in finite() {
        // Not negative, and at most 256.
        let mut index = (((value - least) / width) * BINS as f32) as usize;
        index = index.min(BINS - 1);
        if value < edges[index] {
            index -= 1;
        }
        if index != BINS - 1 && value >= edges[index + 1] {
            index += 1;
        }
        counts[index] += 1;
    }
    let centres: Vec<f32> = edges.windows(2).map(|edge| (edge[0] + edge[1]) / 2.0).collect();
    let counts = counts.map(|count| count as f32);
    Some(centres[best(&counts, &centres)])
}

/// For each value whether it is above a limit: 1 or 0. What is not a number is not.
pub fn above(values: &[f32], limit: f32) -> Vec<u8> {
    values.iter().map(|value| u8::from(*value > limit)).collect()
}

/// The bin after which the classes differ most.
fn best(counts: &[f32; BINS], centres: &[f32]) -> usize {
    let below: Vec<(f32, f32)> = sums(counts.iter().zip(centres));
    let mut above = sums(counts.iter().zip(centres).rev());
    above.reverse();
    let mut best = (0, f32::NEG_INFINITY);
    for index in 0..BINS - 1 {
        let ((weight, sum), (other_weight, other_sum)) = (below[index], above[index + 1]);
        let difference = sum / weight - other_sum / other_weight;
        let variance = weight * other_weight * (difference * difference);
        if variance > best.1 {
            best = (index, variance);
        }
    }
    best.0
}

/// How many values there are up to each bin, and what they add up to.
fn sums<'a>(bins: impl Iterator<Item = (&'a f32, &'a f32)>) -> Vec<(f32, f32)> {
    let running = bins.scan((0.0, 0.0), |(weight, sum), (count, centre)| {
        *weight += count;
        *sum += count * centre;
        Some((*weight, *sum))
    });
    running.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_are_parted_between_them() {
        let values: Vec<f32> =
            (0..100).map(|at| if at % 3 == 0 { 0.5 + at as f32 / 1e3 } else { -0.5 - (at / 9) as f32 / 50.0 }).collect();
        let limit = threshold(&values).unwrap();
        assert!(values.iter().all(|value| (*value > limit) == (*value > 0.0)), "{limit}");
    }

    #[test]
    fn one_value_is_its_own_threshold_and_none_has_none() {
        assert_eq!(threshold(&[0.25, f32::NAN, 0.25]), Some(0.25));
        assert_eq!(threshold(&[f32::NAN, f32::INFINITY]), None);
    }

    /// By `threshold_otsu` of scikit-image 0.26 with NumPy 2.4.
    #[test]
    fn the_threshold_is_that_of_scikit_image() {
        let values: Vec<f32> =
            (0..1000_u32).map(|at| (at * at % 997) as f32 / 997.0 + if at % 4 == 0 { 0.7 } else { 0.0 }).collect();
        assert_eq!(threshold(&values), Some(0.67362577));
    }
}
