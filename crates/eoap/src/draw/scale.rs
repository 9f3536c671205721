//! Maps values to positions in a picture, and finds the round values for an axis.
//!
//! [`Scale`] is linear. Ticks are multiples of 1, 2 or 5 times a power of ten, or of the usual steps for
//! time and degrees. Nothing is drawn here.

/// Steps of time in seconds.
const TIME_STEPS: [f64; 17] =
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 43200.0, 86400.0];
/// Steps of degrees beyond what tens are good for.
const DEGREE_STEPS: [f64; 6] = [10.0, 15.0, 30.0, 45.0, 60.0, 90.0];

/// A linear map from values to places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
}

impl Scale {
    /// From `domain` to `range`. A domain of one value maps to the middle of the range.
    pub(crate) fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        Self { domain, range }
    }

    pub(crate) fn place(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        let share = if high == low { 0.5 } else { (value - low) / (high - low) };
        self.range.0 + share * (self.range.1 - self.range.0)
    }
}

/// A step of 1, 2 or 5 times a power of ten that divides the span into about `count` parts.
pub(crate) fn round_step(span: f64, count: f64) -> f64 {
    let rough = span / count;
    if !rough.is_finite() || rough <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(rough.log10().floor());
    let digit = match rough / power {
        digit if digit < 1.5 => 1.0,
        digit if digit < 3.5 => 2.0,
        digit if digit < 7.5 => 5.0,
        _ => 10.0,
    };
    digit * power
}

/// A step in which people count degrees.
pub(crate) fn degree_step(span: f64, count: f64) -> f64 {
    let step = round_step(span, count);
    if step < 10.0 { step } else { nearest_step(&DEGREE_STEPS, span / count) }
}

/// A step in which people count time, in seconds; fractions of seconds count in tens.
pub(crate) fn time_step(span: f64, count: f64) -> f64 {
    let rough = span / count;
    if rough < 0.75 {
        round_step(span, count)
    } else if rough > 86400.0 {
        round_step(span / 86400.0, count).max(1.0) * 86400.0
    } else {
        nearest_step(&TIME_STEPS, rough)
    }
}

fn nearest_step(steps: &[f64], rough: f64) -> f64 {
    steps.iter().copied().find(|step| *step >= rough * 0.9).unwrap_or(steps[steps.len() - 1])
}

/// The multiples of `step` from `low` to `high`, never more than a hundred.
pub(crate) fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    let count = ((high / step + 1e-9).floor() - first + 1.0).clamp(0.0, 100.0);
    // Adding 0 turns -0 into 0.
    if count.is_finite() { (0..count as u32).map(|index| (first + f64::from(index)) * step + 0.0).collect() } else { Vec::new() }
}

/// How many decimals are needed to distinguish multiples of the step.
pub(crate) fn decimals(step: f64) -> usize {
    (0..12).find(|digits| (step * 10f64.powi(*digits) - (step * 10f64.powi(*digits)).round()).abs() < 1e-6).unwrap_or(12) as usize
}

/// A whole number with thin spaces between thousands, for easy reading.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A quantity with about four significant digits, without zeros at the end.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value.is_nan() { "no number".to_owned() } else { format!("{}", value + 0.0) };
    }
    let magnitude = value.abs().log10().floor() as i32;
    if (-4..7).contains(&magnitude) {
        let text = format!("{value:.*}", (3 - magnitude).max(0) as usize);
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(0.75, 4.0), 0.2);
        assert_eq!([19.0, 100.0, 3.1].map(|span| round_step(span, 5.0)), [5.0, 20.0, 0.5]);
        assert_eq!([0.0, f64::NAN, -1.0].map(|span| round_step(span, 5.0)), [1.0; 3]);
        assert_eq!([1.0, 60.0, 360.0].map(|span| degree_step(span, 4.0)), [0.2, 15.0, 90.0]);
        assert_eq!([0.5, 82.0, 3600.0, 1e7].map(|span| time_step(span, 5.0)), [0.1, 15.0, 900.0, 20.0 * 86400.0]);
    }

    #[test]
    fn ticks_are_within_and_few() {
        assert_eq!(multiples(-121.4, -120.75, 0.2).len(), 4);
        assert_eq!(multiples(-1.0, 1.0, 1.0), [-1.0, 0.0, 1.0]);
        assert!(multiples(-1.0, 1.0, 1.0)[1].is_sign_positive());
        assert!(multiples(f64::NAN, 1.0, 1.0).is_empty() && multiples(0.0, 1e12, 1.0).len() == 100);
        assert_eq!([1.0, 0.5, 0.02, 0.25].map(decimals), [0, 1, 2, 2]);
    }

    #[test]
    fn one_value_lies_in_the_middle() {
        assert_eq!(Scale::new((3.0, 3.0), (0.0, 10.0)).place(3.0), 5.0);
        assert_eq!(Scale::new((0.0, 4.0), (10.0, 0.0)).place(1.0), 7.5);
    }

    #[test]
    fn numbers_for_readers() {
        assert_eq!([999, 4810, 481_086, 1_234_567].map(grouped), ["999", "4810", "481\u{202f}086", "1\u{202f}234\u{202f}567"]);
        assert_eq!(
            [0.0, 0.5, 1.0 / 3.0, 255.0, 12345.678, -2.5e-9].map(short),
            ["0", "0.5", "0.3333", "255", "12346", "-2.500e-9"]
        );
    }
}
