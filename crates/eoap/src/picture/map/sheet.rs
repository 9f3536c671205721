//! A map that is being drawn: where everything is on the paper.

use super::{
    extent::Extent,
    layer::{Kind, Layer, listed},
    overview,
};
use crate::{
    display::{Align, Table},
    draw::{
        geography::{Frame, kilometres_per_degree, latitude, longitude},
        scale::{decimals, degree_step, multiples, round_step, short},
        svg::{Anchor, Shape, Svg, fitted, number},
        theme::{LINE, MARGIN, Paint, WIDTH},
    },
    picture::Picture,
};

/// Room for the names of parallels, left of the frame.
const LEFT: f64 = 58.0;
/// The largest height of a map.
const HEIGHT: f64 = 380.0;
/// How many things are named below a map; further ones are only counted.
const NAMED: usize = 12;
/// Opacity of what fills footprints.
const VEIL: f64 = 0.1;
/// Coasts are too coarse for a map that shows fewer degrees.
const LEAST_COAST: f64 = 4.0;
/// A bar of kilometres misleads where the scale changes more than this from south to north.
const LARGEST_SCALE: f64 = 20.0;
/// A map that is being drawn.
pub(super) struct Sheet {
    heading: String,
    layers: Vec<Layer>,
    frame: Frame,
    extent: Extent,
    /// Sentences below the legend.
    notes: Vec<String>,
}

impl Sheet {
    pub(super) fn new(heading: String, layers: Vec<Layer>, extent: Extent, hints: Vec<String>) -> Self {
        let corner = (MARGIN + LEFT, MARGIN + LINE + 8.0);
        let mut frame = Frame::around(extent.bounds, corner, WIDTH - LEFT - 2.0 * MARGIN, HEIGHT);
        // A map that is higher than wide is in the middle.
        frame.x += (WIDTH - LEFT - 2.0 * MARGIN - frame.width) / 2.0;
        let mut notes: Vec<String> = elsewhere(&layers, &extent).into_iter().collect();
        notes.extend(hints);
        Self { heading, layers, frame, extent, notes }
    }

    pub(super) fn picture(&self) -> Picture {
        let text = self.text();
        let frame = self.frame;
        let rows = self.layers.len().min(NAMED) + usize::from(self.layers.len() > NAMED);
        // Below the frame: names of meridians, the bar of kilometres, the legend.
        let scale = frame.y + frame.height + LINE + 4.0;
        let legend = scale + LINE + 4.0;
        let rows = rows as f64 * LINE;
        // Beside the legend lies the overview, where there is one.
        let left = if self.has_overview() { MARGIN + overview::WIDTH + MARGIN } else { MARGIN };
        let below = legend + if self.has_overview() { rows.max(overview::HEIGHT + 6.0) } else { rows };
        let mut svg = Svg::new(WIDTH, below + self.notes.len() as f64 * LINE + MARGIN, &self.heading, &text);
        // Headings are larger than other type, and bold.
        svg.heading(MARGIN, MARGIN, &fitted(&self.heading, (WIDTH - 2.0 * MARGIN) * 0.75));
        svg.draw(Shape::rect(frame.x, frame.y, frame.width, frame.height).fill(Paint::Ground));
        svg.window(frame.x, frame.y, frame.width, frame.height, |svg| {
            if !self.is_small() {
                overview::coasts(svg, &self.frame);
            }
            self.rasters(svg);
            self.graticule(svg);
            self.outlines(svg);
        });
        svg.draw(Shape::rect(frame.x, frame.y, frame.width, frame.height).hollow().stroke(Paint::Quiet, 1.0));
        self.degrees(&mut svg);
        self.scale(&mut svg, scale);
        self.legend(&mut svg, (left, legend));
        if self.has_overview() {
            overview::draw(&mut svg, (MARGIN, legend), self.extent.all, &self.layers, &self.frame);
        }
        for (row, note) in self.notes.iter().enumerate() {
            let y = below + row as f64 * LINE + 12.0;
            svg.text(MARGIN, y, Anchor::Start, Paint::Quiet, &fitted(note, WIDTH - 2.0 * MARGIN));
        }
        Picture::new(svg.finish(), text)
    }

    /// Whether the map shows too little for coasts.
    fn is_small(&self) -> bool {
        self.frame.east - self.frame.west < LEAST_COAST
    }

    /// Whether there is a small map: where the large one has no coast to know its place by, or not everything
    /// is on it.
    fn has_overview(&self) -> bool {
        self.is_small() || self.extent.bounds != self.extent.all
    }

    /// What is drawn on the large map.
    fn shown(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().zip(&self.extent.is_shown).filter(|(_, is_shown)| **is_shown).map(|(layer, _)| layer)
    }

    /// The meridians and parallels to draw, and how many decimals their names have.
    fn steps(&self) -> (Vec<f64>, Vec<f64>, usize) {
        let frame = self.frame;
        // Names of meridians are wider than high: about one in 110 pixels, parallels one in 100.
        let step = degree_step(frame.east - frame.west, frame.width / 110.0)
            .min(degree_step(frame.north - frame.south, frame.height / 100.0));
        let (mut meridians, parallels) = (multiples(frame.west, frame.east, step), multiples(frame.south, frame.north, step));
        while meridians.len() as f64 * 62.0 > frame.width.max(124.0) {
            meridians = meridians.into_iter().step_by(2).collect();
        }
        (meridians, parallels, decimals(step))
    }

    fn graticule(&self, svg: &mut Svg) {
        let frame = self.frame;
        let (meridians, parallels, _) = self.steps();
        for meridian in meridians {
            svg.draw(
                Shape::line(frame.place((meridian, frame.north)), frame.place((meridian, frame.south))).stroke(Paint::Line, 1.0),
            );
        }
        for parallel in parallels {
            svg.draw(
                Shape::line(frame.place((frame.west, parallel)), frame.place((frame.east, parallel))).stroke(Paint::Line, 1.0),
            );
        }
    }

    fn degrees(&self, svg: &mut Svg) {
        let frame = self.frame;
        let (meridians, parallels, decimals) = self.steps();
        for meridian in meridians {
            let (x, _) = frame.place((meridian, frame.south));
            svg.text(x, frame.y + frame.height + LINE - 2.0, Anchor::Middle, Paint::Quiet, &longitude(meridian, decimals));
        }
        for parallel in parallels {
            let (_, y) = frame.place((frame.west, parallel));
            svg.text(frame.x - 6.0, y + 4.0, Anchor::End, Paint::Quiet, &latitude(parallel, decimals));
        }
    }

    fn rasters(&self, svg: &mut Svg) {
        for layer in self.shown() {
            let (Kind::Raster(raster), Some(bounds)) = (&layer.kind, layer.outline.bounds()) else { continue };
            let (left, top) = self.frame.place((bounds[0], bounds[3]));
            let (right, bottom) = self.frame.place((bounds[2], bounds[1]));
            if let Some(png) = (raster.0)(bounds, (right - left, bottom - top)) {
                svg.draw_named(Shape::png(left, top, right - left, bottom - top, &png), &layer.name);
            }
        }
    }

    fn outlines(&self, svg: &mut Svg) {
        // A veil of colour distinguishes footprints, and would change the colours of rasters.
        let veil = if self.shown().any(|layer| matches!(layer.kind, Kind::Raster(_))) { 0.0 } else { VEIL };
        for layer in self.shown() {
            let paint = layer.kind.paint();
            let on_paper = |run: &Vec<(f64, f64)>| run.iter().map(|place| self.frame.place(*place)).collect::<Vec<_>>();
            let rings: Vec<Vec<(f64, f64)>> = layer.outline.rings.iter().map(on_paper).collect();
            if !rings.is_empty() {
                let path = Shape::rings(rings.iter().map(Vec::as_slice));
                let path = match layer.kind {
                    Kind::Footprint(_) => path.fill(paint).set("fill-opacity", veil).stroke(paint, 1.5),
                    Kind::Area => path.hollow().stroke(paint, 1.5).set("stroke-dasharray", "6 4"),
                    Kind::Raster(_) => path.hollow().stroke(Paint::Quiet, 1.0).set("stroke-dasharray", "1 3"),
                };
                svg.draw_named(path, &layer.name);
            }
            for line in layer.outline.lines.iter().map(on_paper) {
                let points: Vec<String> = line.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
                svg.draw_named(Shape::new("polyline").set("points", points.join(" ")).hollow().stroke(paint, 1.5), &layer.name);
            }
            for (x, y) in layer.outline.points.iter().map(|place| self.frame.place(*place)) {
                svg.draw_named(Shape::circle(x, y, 4.0).fill(paint), &layer.name);
            }
            // The number is within the upper left corner of the largest part.
            let corner = rings.iter().max_by_key(|ring| ring.len()).into_iter().flatten();
            let corner = corner.min_by(|a, b| (a.0 + a.1).total_cmp(&(b.0 + b.1)));
            if let (Kind::Footprint(number), Some((x, y))) = (&layer.kind, corner) {
                svg.text_on_anything(x + 12.0, y + 18.0, paint, &(number + 1).to_string());
            }
        }
    }

    /// A bar of a round number of kilometres, about a quarter of the map; below it, where it hides nothing.
    fn scale(&self, svg: &mut Svg, top: f64) {
        let frame = self.frame;
        if frame.north - frame.south > LARGEST_SCALE {
            return;
        }
        let across = frame.kilometres_across();
        let length = round_step(across, 4.0);
        let (right, width, y) = (frame.x + frame.width, length / across * frame.width, top + 9.0);
        let bar = [(right - width, y - 3.0), (right - width, y + 3.0), (right, y + 3.0), (right, y - 3.0)];
        let points: Vec<String> = bar.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
        svg.draw(Shape::new("polyline").set("points", points.join(" ")).hollow().stroke(Paint::Quiet, 1.5));
        svg.text(right - width - 6.0, y + 5.0, Anchor::End, Paint::Quiet, &kilometres(length));
    }

    fn legend(&self, svg: &mut Svg, (left, top): (f64, f64)) {
        for (row, layer) in self.layers.iter().take(NAMED).enumerate() {
            let (x, y) = (left, top + row as f64 * LINE);
            let paint = layer.kind.paint();
            let swatch = Shape::rect(x, y + 3.0, 16.0, 10.0);
            let swatch = match &layer.kind {
                Kind::Footprint(_) => swatch.fill(paint).set("fill-opacity", VEIL).stroke(paint, 1.5),
                Kind::Area => swatch.hollow().stroke(paint, 1.5).set("stroke-dasharray", "4 3"),
                Kind::Raster(_) => swatch.fill(paint),
            };
            svg.draw(swatch);
            let number = match layer.kind {
                Kind::Footprint(number) => format!("{}  ", number + 1),
                _ => String::new(),
            };
            let note = fitted(&layer.note, 140.0);
            let room =
                WIDTH - MARGIN - left - 24.0 - if note.is_empty() { 0.0 } else { 7.0 * note.chars().count() as f64 + 10.0 };
            svg.text(x + 24.0, y + 12.0, Anchor::Start, Paint::Text, &fitted(&format!("{number}{}", layer.name), room));
            svg.text(WIDTH - MARGIN, y + 12.0, Anchor::End, Paint::Quiet, &note);
        }
        if self.layers.len() > NAMED {
            let more = format!("and {} more", self.layers.len() - NAMED);
            svg.text(left + 24.0, top + NAMED as f64 * LINE + 12.0, Anchor::Start, Paint::Quiet, &more);
        }
    }

    fn text(&self) -> String {
        let [west, south, east, north] = self.extent.bounds;
        let (across, along) =
            ((east - west) * kilometres_per_degree((south + north) / 2.0), (north - south) * kilometres_per_degree(0.0));
        let columns = [
            ("", Align::Left),
            ("west", Align::Right),
            ("south", Align::Right),
            ("east", Align::Right),
            ("north", Align::Right),
            ("km²", Align::Right),
            ("", Align::Left),
            ("", Align::Left),
        ];
        let digits = decimals(round_step((east - west).max(north - south), 400.0)).max(2);
        let (longitude, latitude) = (|place| longitude(place, digits), |place| latitude(place, digits));
        let mut table = Table::new(columns);
        for layer in &self.layers {
            let kind = match &layer.kind {
                Kind::Footprint(number) => (number + 1).to_string(),
                Kind::Area => "area".to_owned(),
                Kind::Raster(_) => "raster".to_owned(),
            };
            let place = layer
                .outline
                .bounds()
                .map(|[west, south, east, north]| [longitude(west), latitude(south), longitude(east), latitude(north)]);
            let area = layer.outline.square_kilometres();
            let area = if area > 0.0 { format!("{area:.0}") } else { String::new() };
            let mut row = vec![kind];
            row.extend(place.unwrap_or_default());
            row.extend([area, layer.note.clone(), layer.name.clone()]);
            table.row(row);
        }
        let notes: String = self.notes.iter().map(|note| format!("\n{note}")).collect();
        format!(
            "{}: {} to {}, {} to {} ({} × {})\n{}{notes}",
            self.heading,
            longitude(west),
            longitude(east),
            latitude(south),
            latitude(north),
            kilometres(across),
            kilometres(along),
            table.to_text()
        )
    }
}

/// The things that are elsewhere than on the map.
fn elsewhere(layers: &[Layer], extent: &Extent) -> Option<String> {
    let away = layers.iter().zip(&extent.is_shown).filter(|(_, is_shown)| !**is_shown);
    let names: Vec<String> = away.map(|(layer, _)| layer.name.clone()).collect();
    let verb = if names.len() == 1 { "lies" } else { "lie" };
    (!names.is_empty()).then(|| format!("Elsewhere, on the small map only, {verb} {}.", listed(&names)))
}

/// A distance in kilometres, or in metres below one.
fn kilometres(length: f64) -> String {
    if length >= 100.0 {
        format!("{length:.0} km")
    } else if length >= 1.0 {
        format!("{} km", short((length * 10.0).round() / 10.0))
    } else {
        format!("{} m", short(length * 1000.0))
    }
}
