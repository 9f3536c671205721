//! A histogram as a picture: a bar for each bucket.

use super::Picture;
use crate::{
    display::{Align, Table},
    draw::{
        scale::{Scale, decimals, grouped, multiples, round_step, short},
        svg::{Anchor, Shape, Svg},
        theme::{LINE, MARGIN, Paint, WIDTH},
    },
    raster::{BandStatistics, Histogram},
};

/// Height of the highest bar.
const HEIGHT: f64 = 180.0;
/// Room for counts, left of the bars.
const LEFT: f64 = 72.0;

impl Histogram {
    /// The distribution as a picture.
    pub fn picture(&self) -> Picture {
        draw(self, "Distribution of the values", None)
    }
}

impl BandStatistics {
    /// The distribution of the band's values as a picture, with their mean.
    pub fn picture(&self) -> Picture {
        let values =
            format!("{} valid pixels of {} ({} %)", grouped(self.valid_pixels), grouped(self.pixels), short(self.valid_percent));
        draw(&self.histogram, &values, self.mean.filter(|mean| mean.is_finite()))
    }
}

fn draw(histogram: &Histogram, heading: &str, mean: Option<f64>) -> Picture {
    let text = text(histogram, heading, mean);
    let most = histogram.buckets.iter().copied().max().unwrap_or(0);
    let top = MARGIN + LINE + 12.0;
    if most == 0 {
        let mut svg = Svg::new(WIDTH, top + LINE + MARGIN, heading, &text);
        svg.heading(MARGIN, MARGIN, heading);
        svg.text(MARGIN, top + LINE - 4.0, Anchor::Start, Paint::Quiet, "There are no values.");
        return Picture::new(svg.finish(), text);
    }
    // A line for the name of the mean, above the bars.
    let top = if mean.is_some() { top + LINE } else { top };
    let bottom = top + HEIGHT;
    let mut svg = Svg::new(WIDTH, bottom + 2.0 * LINE + MARGIN, heading, &text);
    svg.heading(MARGIN, MARGIN, heading);
    let across = Scale::new((histogram.min, histogram.max), (MARGIN + LEFT, WIDTH - MARGIN - 10.0));
    let up = Scale::new((0.0, most as f64), (bottom, top));

    let step = round_step(most as f64, 4.0).max(1.0);
    for count in multiples(0.0, most as f64, step) {
        let y = up.place(count);
        svg.draw(Shape::line((MARGIN + LEFT, y), (WIDTH - MARGIN - 10.0, y)).stroke(Paint::Line, 1.0));
        svg.text(MARGIN + LEFT - 8.0, y + 4.0, Anchor::End, Paint::Quiet, &grouped(count as u64));
    }
    let edge = |index: usize| across.place(edge(histogram, index));
    for (index, &count) in histogram.buckets.iter().enumerate().filter(|(_, count)| **count > 0) {
        // Every bar is visible, however few values it has.
        let height = (bottom - up.place(count as f64)).max(1.0);
        let bar = Shape::rect(edge(index) + 1.0, bottom - height, edge(index + 1) - edge(index) - 2.0, height);
        svg.draw_named(bar.fill(Paint::Water), &format!("{}: {}", range(histogram, index), grouped(count)));
    }
    svg.draw(Shape::line((MARGIN + LEFT, bottom), (WIDTH - MARGIN - 10.0, bottom)).stroke(Paint::Quiet, 1.0));
    let step = round_step(histogram.max - histogram.min, 6.0);
    for value in multiples(histogram.min, histogram.max, step) {
        let x = across.place(value);
        svg.draw(Shape::line((x, bottom), (x, bottom + 4.0)).stroke(Paint::Quiet, 1.0));
        let label = if step.abs() < 1e-4 || value.abs() >= 1e7 { short(value) } else { format!("{value:.*}", decimals(step)) };
        svg.text(x, bottom + LINE, Anchor::Middle, Paint::Quiet, &label);
    }
    svg.text((MARGIN + LEFT + WIDTH - MARGIN) / 2.0, bottom + 2.0 * LINE + 2.0, Anchor::Middle, Paint::Quiet, "value of a pixel");
    if let Some(mean) = mean {
        let x = across.place(mean);
        svg.draw_named(Shape::line((x, top - LINE), (x, bottom)).stroke(Paint::Area, 1.5).set("stroke-dasharray", "6 4"), "mean");
        let anchor = if x > WIDTH * 0.75 { Anchor::End } else { Anchor::Start };
        let shift = if anchor == Anchor::End { -6.0 } else { 6.0 };
        svg.text(x + shift, top - 7.0, anchor, Paint::Area, &format!("mean {}", short(mean)));
    }
    Picture::new(svg.finish(), text)
}

/// Edge `index` of the buckets.
fn edge(histogram: &Histogram, index: usize) -> f64 {
    let share = index as f64 / histogram.buckets.len().max(1) as f64;
    histogram.min + share * (histogram.max - histogram.min)
}

fn range(histogram: &Histogram, index: usize) -> String {
    format!("{} to {}", short(edge(histogram, index)), short(edge(histogram, index + 1)))
}

fn text(histogram: &Histogram, heading: &str, mean: Option<f64>) -> String {
    let mean = mean.map(|mean| format!(", mean {}", short(mean))).unwrap_or_default();
    if histogram.buckets.iter().all(|count| *count == 0) {
        return format!("{heading}{mean}: there are no values");
    }
    let mut table = Table::new([("values", Align::Left), ("pixels", Align::Right)]);
    for (index, count) in histogram.buckets.iter().enumerate() {
        table.row([range(histogram, index), count.to_string()]);
    }
    format!("{heading}{mean}\n{}", table.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(min: f64, max: f64, buckets: &[u64]) -> Histogram {
        Histogram { count: buckets.len() + 1, min, max, buckets: buckets.to_vec() }
    }

    #[test]
    fn picture_and_text_say_the_same() {
        let picture = histogram(0.0, 10.0, &[5, 0, 12_345, 1]).picture();
        assert_eq!(
            picture.to_string(),
            "Distribution of the values\nvalues     pixels\n0 to 2.5        5\n2.5 to 5        0\n5 to 7.5    12345\n7.5 to 10       1"
        );
        assert!(picture.svg().contains("<title>5 to 7.5: 12\u{202f}345</title>") && picture.svg().contains("value of a pixel"));
        assert_eq!(picture, histogram(0.0, 10.0, &[5, 0, 12_345, 1]).picture());
    }

    #[test]
    fn distributions_without_values_or_without_sense_are_no_problem() {
        for odd in [histogram(0.0, 0.0, &[]), histogram(0.0, 1.0, &[0; 10])] {
            assert!(odd.picture().to_string().ends_with("there are no values"));
        }
        for odd in [
            histogram(f64::NAN, f64::NAN, &[1]),
            histogram(1.0, 1.0, &[1, 2]),
            histogram(-1e300, 1e300, &[u64::MAX, 1]),
            histogram(f64::NEG_INFINITY, f64::INFINITY, &[1, 1]),
        ] {
            let svg = odd.picture().svg().to_owned();
            assert!(!svg.contains("\"NaN\"") && !svg.contains("inf\""), "{svg}");
        }
    }
}
