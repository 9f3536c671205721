//! The small map beside the legend: where on the globe the large one is, and what is elsewhere.

use super::layer::{Kind, Layer};
use crate::draw::{
    geography::Frame,
    land,
    svg::{Shape, Svg},
    theme::Paint,
};

/// Its size on paper.
pub(super) const WIDTH: f64 = 132.0;
pub(super) const HEIGHT: f64 = 88.0;

/// It shows at least this many degrees, so that a coast or a border shows where it is.
const LEAST: (f64, f64) = (36.0, 20.0);

/// Draws it with its upper left corner at `(x, y)`: everything within `all`, and the frame of the large map.
pub(super) fn draw(svg: &mut Svg, (x, y): (f64, f64), all: [f64; 4], layers: &[Layer], large: &Frame) {
    let [west, south, east, north] = all;
    let (middle_x, middle_y) = ((west + east) / 2.0, (south + north) / 2.0);
    let across = (east - west).max(LEAST.0) / 2.0;
    let along = ((north - south).max(LEAST.1) / 2.0).max(across * 0.55);
    let bounds = [middle_x - across, (middle_y - along).max(-90.0), middle_x + across, (middle_y + along).min(90.0)];
    let frame = Frame::around(bounds, (x, y), WIDTH, HEIGHT);
    svg.draw(Shape::rect(x, y, frame.width, frame.height).fill(Paint::Ground));
    svg.window(x, y, frame.width, frame.height, |svg| {
        coasts(svg, &frame);
        let (left, top) = frame.place((large.west, large.north));
        let (right, bottom) = frame.place((large.east, large.south));
        for layer in layers {
            let Some([west, south, east, north]) = layer.outline.bounds() else { continue };
            let (at_x, at_y) = frame.place(((west + east) / 2.0, (south + north) / 2.0));
            let mark = Shape::circle(at_x, at_y, 2.5);
            let mark = match layer.kind {
                Kind::Area => mark.hollow().stroke(layer.kind.paint(), 1.5),
                _ => mark.fill(layer.kind.paint()),
            };
            svg.draw_named(mark, &layer.name);
        }
        // However small it is, it can be seen.
        let (wide, high) = ((right - left).max(9.0), (bottom - top).max(9.0));
        let (left, top) = ((left + right - wide) / 2.0, (top + bottom - high) / 2.0);
        svg.draw(Shape::rect(left, top, wide, high).hollow().stroke(Paint::Text, 1.0));
    });
    svg.draw(Shape::rect(x, y, frame.width, frame.height).hollow().stroke(Paint::Quiet, 1.0));
}

/// Draws coasts and borders.
pub(super) fn coasts(svg: &mut Svg, frame: &Frame) {
    let land::Paths { coasts, borders } = land::paths(frame);
    for (path, width, dashes) in [(borders, 0.6, "2 2"), (coasts, 0.8, "none")] {
        if !path.is_empty() {
            let shape = Shape::new("path").set("d", path).hollow().stroke(Paint::Quiet, width);
            svg.draw(shape.set("stroke-dasharray", dashes).set("stroke-linejoin", "round"));
        }
    }
}
