//! Positions on the globe (WGS 84 longitude and latitude in degrees) and on a flat map.
//!
//! [`Outline`] is the drawing of a GeoJSON geometry (RFC 7946). [`Frame`] is the part of the globe that a
//! map shows, with the position on paper of each place in it. Longitudes may run on beyond 180°, so that a
//! geometry across the antimeridian stays in one piece. Nothing is drawn here.

use geojson::{Geometry, Value};

/// Longitude and latitude in degrees.
pub(crate) type Place = (f64, f64);

/// Mean radius of the Earth in kilometres (IUGG).
const RADIUS: f64 = 6371.0088;
const KILOMETRES_PER_DEGREE: f64 = RADIUS * std::f64::consts::PI / 180.0;

/// What a geometry draws.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Outline {
    /// Closed rings, holes included.
    pub(crate) rings: Vec<Vec<Place>>,
    /// Open lines.
    pub(crate) lines: Vec<Vec<Place>>,
    pub(crate) points: Vec<Place>,
}

impl Outline {
    pub(crate) fn of_geometry(geometry: &Geometry) -> Self {
        let mut outline = Self::default();
        outline.add(&geometry.value);
        outline
    }

    /// The rectangle of `[west, south, east, north]`. With west beyond east it crosses the antimeridian (RFC
    /// 7946, 5.2).
    pub(crate) fn of_bounds([west, south, east, north]: [f64; 4]) -> Self {
        let east = if east < west { east + 360.0 } else { east };
        // Points between the corners are not needed: parallels are straight on our maps.
        let ring = [(west, south), (east, south), (east, north), (west, north)];
        let is_place = ring.iter().all(|(longitude, latitude)| longitude.is_finite() && latitude.is_finite());
        Self { rings: if is_place { vec![ring.to_vec()] } else { Vec::new() }, ..Self::default() }
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Point(point) => self.points.extend(place(point)),
            Value::MultiPoint(points) => self.points.extend(points.iter().filter_map(|point| place(point))),
            Value::LineString(line) => self.lines.extend(run(line)),
            Value::MultiLineString(lines) => self.lines.extend(lines.iter().filter_map(|line| run(line))),
            Value::Polygon(rings) => self.rings.extend(rings.iter().filter_map(|ring| run(ring))),
            Value::MultiPolygon(polygons) => self.rings.extend(polygons.iter().flatten().filter_map(|ring| run(ring))),
            Value::GeometryCollection(geometries) => geometries.iter().for_each(|geometry| self.add(&geometry.value)),
        }
        self.join();
    }

    /// Moves parts by whole turns so that they lie next to each other: a polygon that is cut at the
    /// antimeridian, as RFC 7946 asks for, has one half at each edge of the world.
    fn join(&mut self) {
        let Some(west) = gap_end(self.runs().filter_map(span)) else { return };
        for run in self.rings.iter_mut().chain(&mut self.lines) {
            shift(run, west);
        }
        for point in &mut self.points {
            point.0 += turns(point.0, west);
        }
    }

    fn runs(&self) -> impl Iterator<Item = &[Place]> {
        let runs = self.rings.iter().chain(&self.lines).map(Vec::as_slice);
        runs.chain(self.points.iter().map(std::slice::from_ref))
    }

    /// West, south, east and north. East may be beyond 180°.
    pub(crate) fn bounds(&self) -> Option<[f64; 4]> {
        let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        let places = self.runs().flatten();
        let bounds =
            places.fold(start, |[west, south, east, north], &(x, y)| [west.min(x), south.min(y), east.max(x), north.max(y)]);
        bounds[0].is_finite().then_some(bounds)
    }

    /// Moves everything by whole turns, to begin at or east of `west`.
    pub(crate) fn east_of(mut self, west: f64) -> Self {
        let Some(bounds) = self.bounds() else { return self };
        let turns = turns(bounds[0], west);
        let places = self.rings.iter_mut().chain(&mut self.lines).flatten().chain(&mut self.points);
        places.for_each(|place| place.0 += turns);
        self
    }

    /// Area of the rings in square kilometres on a sphere, exact to half a percent. A hole counts as one if
    /// it turns the other way, as RFC 7946 asks for.
    pub(crate) fn square_kilometres(&self) -> f64 {
        let ring = |ring: &Vec<Place>| {
            let next = ring.iter().cycle().skip(1);
            let part = |(&(x, y), &(next_x, next_y)): (&Place, &Place)| {
                (next_x - x).to_radians() * (2.0 + y.to_radians().sin() + next_y.to_radians().sin())
            };
            ring.iter().zip(next).map(part).sum::<f64>() * RADIUS * RADIUS / 2.0
        };
        // Rings around a pole do not close on a flat map. Footprints of scenes are never such rings.
        self.rings.iter().map(ring).sum::<f64>().abs()
    }
}

/// A position with numbers that are some.
fn place(position: &[f64]) -> Option<Place> {
    match position {
        [longitude, latitude, ..] if longitude.is_finite() && latitude.is_finite() => {
            Some((*longitude, latitude.clamp(-90.0, 90.0)))
        }
        _ => None,
    }
}

/// Successive positions. If the next is more than half a turn away, it is taken from the other side.
fn run(positions: &[Vec<f64>]) -> Option<Vec<Place>> {
    let mut run: Vec<Place> = Vec::new();
    for (x, y) in positions.iter().filter_map(|position| place(position)) {
        let x = run.last().map_or(x, |&(last, _)| x - ((x - last) / 360.0).round() * 360.0);
        run.push((x, y));
    }
    if run.len() > 1 && run.first() == run.last() {
        run.pop();
    }
    (!run.is_empty()).then_some(run)
}

fn span(run: &[Place]) -> Option<(f64, f64)> {
    let west = run.iter().map(|place| place.0).reduce(f64::min)?;
    let east = run.iter().map(|place| place.0).reduce(f64::max)?;
    Some((west, east))
}

/// How far to move to be at or east of `west`, by less than a turn.
fn turns(longitude: f64, west: f64) -> f64 {
    ((west - longitude) / 360.0 - 1e-12).ceil() * 360.0
}

fn shift(run: &mut [Place], west: f64) {
    if let Some((start, _)) = span(run) {
        let turns = turns(start, west);
        run.iter_mut().for_each(|place| place.0 += turns);
    }
}

/// The end of the widest gap between spans of longitudes. From there, all of them are closest together.
pub(crate) fn gap_end(spans: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let mut spans: Vec<(f64, f64)> = spans
        .map(|(west, east)| {
            let turns = turns(west, -180.0);
            (west + turns, east + turns)
        })
        .collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, _) = *spans.first()?;
    // Spans from the other side may reach beyond 180° and cover the beginning.
    let mut reach = spans.iter().map(|span| span.1).fold(f64::NEG_INFINITY, f64::max) - 360.0;
    let mut best = (first - reach, first);
    reach = reach.max(spans[0].1);
    for &(west, east) in &spans[1..] {
        // Strictly wider: of equal gaps the first counts.
        if west - reach > best.0 {
            best = (west - reach, west);
        }
        reach = reach.max(east);
    }
    Some(best.1)
}

/// The part of the globe that a map shows, and its rectangle on paper: equirectangular, true to scale along
/// the parallel in its middle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) west: f64,
    pub(crate) south: f64,
    pub(crate) east: f64,
    pub(crate) north: f64,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The smallest span of a map in degrees, for a map of a point.
const LEAST_SPAN: f64 = 0.01;
/// The margin around the content, as a share of its size.
const ROOM: f64 = 0.06;

impl Frame {
    /// A frame around `bounds` with its upper left corner at `(x, y)`, and at most this width and height.
    pub(crate) fn around(bounds: [f64; 4], (x, y): (f64, f64), width: f64, height: f64) -> Self {
        let [west, south, east, north] = bounds;
        let stretch = |size: f64| size.max(LEAST_SPAN) * (1.0 + 2.0 * ROOM);
        let (middle_x, middle_y) = ((west + east) / 2.0, (south + north) / 2.0);
        let narrowing = middle_y.to_radians().cos().max(0.05);
        let (mut across, mut along) = (stretch(east - west).min(360.0), stretch(north - south).min(180.0));
        // A strip gets more of its surroundings, so that no side is less than a third of the other.
        across = across.max(along / narrowing / 3.0).min(360.0);
        along = along.max(across * narrowing / 3.0).min(180.0);
        let scale = (width / (across * narrowing)).min(height / along);
        let south = (middle_y - along / 2.0).max(-90.0).min(90.0 - along);
        let west = middle_x - across / 2.0;
        Self {
            west,
            south,
            east: west + across,
            north: south + along,
            x,
            y,
            width: across * narrowing * scale,
            height: along * scale,
        }
    }

    /// The position of a place on paper.
    pub(crate) fn place(&self, (longitude, latitude): Place) -> (f64, f64) {
        let across = (longitude - self.west) / (self.east - self.west);
        let along = (self.north - latitude) / (self.north - self.south);
        (self.x + across * self.width, self.y + along * self.height)
    }

    /// Width along the middle, in kilometres.
    pub(crate) fn kilometres_across(&self) -> f64 {
        (self.east - self.west) * kilometres_per_degree((self.south + self.north) / 2.0)
    }
}

/// Kilometres to a degree of longitude on this parallel.
pub(crate) fn kilometres_per_degree(latitude: f64) -> f64 {
    KILOMETRES_PER_DEGREE * latitude.to_radians().cos()
}

/// A longitude as people write it, such as `121.4° W`.
pub(crate) fn longitude(degrees: f64, decimals: usize) -> String {
    let turned = (degrees + 180.0).rem_euclid(360.0) - 180.0;
    let side = if turned > 0.0 { "E" } else { "W" };
    direction(turned, side, decimals, 180.0)
}

/// A latitude as people write it, such as `39.8° N`.
pub(crate) fn latitude(degrees: f64, decimals: usize) -> String {
    direction(degrees, if degrees > 0.0 { "N" } else { "S" }, decimals, f64::INFINITY)
}

fn direction(degrees: f64, side: &str, decimals: usize, limit: f64) -> String {
    let text = format!("{:.decimals$}°", degrees.abs());
    let is_middle = degrees.abs() < 0.5 * 10f64.powi(-(decimals as i32)) || degrees.abs() == limit;
    if is_middle { text } else { format!("{text} {side}") }
}

/// Four corners of an image on the globe, in the order of its pixels: upper left, upper right, lower right,
/// lower left.
pub(crate) type Corners = [Place; 4];

/// The position of a place in the image (0 to 1 across and down), if it is inside. Between corners positions
/// are interpolated evenly. For a scene that is exact to a few pixels of a preview.
pub(crate) fn within([a, b, c, d]: Corners, (x, y): Place) -> Option<(f64, f64)> {
    let (mut across, mut down) = (0.5, 0.5);
    // Newton's method; the shape is nearly a parallelogram, where one step is exact.
    for _ in 0..6 {
        let at = |one: f64, two: f64, three: f64, four: f64| {
            let value = one + (two - one) * across + (four - one) * down + (one - two + three - four) * across * down;
            let by_across = (two - one) + (one - two + three - four) * down;
            let by_down = (four - one) + (one - two + three - four) * across;
            (value, by_across, by_down)
        };
        let (at_x, x_across, x_down) = at(a.0, b.0, c.0, d.0);
        let (at_y, y_across, y_down) = at(a.1, b.1, c.1, d.1);
        let determinant = x_across * y_down - x_down * y_across;
        if determinant == 0.0 {
            return None;
        }
        across += ((x - at_x) * y_down - (y - at_y) * x_down) / determinant;
        down += ((y - at_y) * x_across - (x - at_x) * y_across) / determinant;
    }
    let is_within = |share: f64| (0.0..1.0).contains(&share);
    (is_within(across) && is_within(down)).then_some((across, down))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(geometry: serde_json::Value) -> Outline {
        Outline::of_geometry(&serde_json::from_value(geometry).expect("geometry"))
    }

    #[test]
    fn what_crosses_the_antimeridian_stays_in_one_piece() {
        // As a ring that jumps, as RFC 7946 has it cut, and as a bounding box.
        let ring = outline(serde_json::json!({"type": "Polygon", "coordinates":
            [[[170.0, -20.0], [-170.0, -20.0], [-170.0, -10.0], [170.0, -10.0], [170.0, -20.0]]]}));
        assert_eq!(ring.bounds(), Some([170.0, -20.0, 190.0, -10.0]));
        let cut = outline(serde_json::json!({"type": "MultiPolygon", "coordinates": [
            [[[170.0, -20.0], [180.0, -20.0], [180.0, -10.0], [170.0, -10.0]]],
            [[[-180.0, -20.0], [-170.0, -20.0], [-170.0, -10.0], [-180.0, -10.0]]]]}));
        assert_eq!(cut.bounds(), Some([170.0, -20.0, 190.0, -10.0]));
        assert_eq!(Outline::of_bounds([170.0, -20.0, -170.0, -10.0]).bounds(), Some([170.0, -20.0, 190.0, -10.0]));
        assert_eq!(gap_end([(170.0, 190.0), (-175.0, -160.0)].into_iter()), Some(170.0));
        assert_eq!(gap_end([(-10.0, 20.0), (30.0, 40.0)].into_iter()), Some(-10.0));
        assert_eq!(gap_end(std::iter::empty()), None);
    }

    #[test]
    fn odd_geometries_do_no_harm() {
        let empty = outline(serde_json::json!({"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "coordinates": []}, {"type": "MultiPoint", "coordinates": []}]}));
        assert_eq!(empty.bounds(), None);
        assert_eq!(empty.clone().east_of(0.0), empty);
        let point = outline(serde_json::json!({"type": "Point", "coordinates": [5.0, 95.0, 3.0]}));
        assert_eq!(point.bounds(), Some([5.0, 90.0, 5.0, 90.0]));
        assert_eq!(Outline::of_bounds([f64::NAN, 0.0, 1.0, 1.0]).bounds(), None);
        let nonsense = Outline::of_geometry(&Geometry::new(Value::LineString(vec![vec![f64::NAN, 1.0], vec![2.0], vec![]])));
        assert_eq!(nonsense, Outline::default());
    }

    #[test]
    fn frames_keep_the_aspect_and_the_world() {
        let frame = Frame::around([-121.4, 39.75, -120.75, 40.48], (10.0, 20.0), 500.0, 400.0);
        assert!((frame.height - 400.0).abs() < 1e-9 && frame.width < 500.0);
        let (x, y) = frame.place((frame.east, frame.south));
        assert!((x - 10.0 - frame.width).abs() < 1e-9 && (y - 420.0).abs() < 1e-9);
        assert!(
            (frame.kilometres_across() / frame.width - (frame.north - frame.south) * KILOMETRES_PER_DEGREE / frame.height).abs()
                < 1e-9
        );
        let world = Frame::around([-180.0, -90.0, 180.0, 90.0], (0.0, 0.0), 500.0, 400.0);
        assert_eq!((world.west, world.south, world.east, world.north), (-180.0, -90.0, 180.0, 90.0));
        let pole = Frame::around([0.0, 90.0, 0.0, 90.0], (0.0, 0.0), 500.0, 400.0);
        assert!(pole.north <= 90.0 && pole.width > 0.0 && pole.height > 0.0);
    }

    #[test]
    fn area_of_a_known_rectangle() {
        // A degree square at the equator: 12 364 km² on the ellipsoid's mean sphere.
        assert!((Outline::of_bounds([0.0, 0.0, 1.0, 1.0]).square_kilometres() - 12_364.0).abs() < 10.0);
        let hole = outline(serde_json::json!({"type": "Polygon", "coordinates": [
            [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]],
            [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]]}));
        assert!(hole.square_kilometres() < 1e-6);
    }

    #[test]
    fn degrees_as_people_write_them() {
        assert_eq!(
            [-121.4, 0.0, 121.4, 180.0, 190.0, -180.0].map(|degrees| longitude(degrees, 1)),
            ["121.4° W", "0.0°", "121.4° E", "180.0°", "170.0° W", "180.0°"]
        );
        assert_eq!([-33.0, 0.0, 47.25].map(|degrees| latitude(degrees, 2)), ["33.00° S", "0.00°", "47.25° N"]);
    }

    #[test]
    fn places_within_an_image() {
        let corners = [(0.0, 10.0), (12.0, 11.0), (11.0, 1.0), (1.0, 0.0)];
        for (across, down) in [(0.1, 0.2), (0.5, 0.5), (0.9, 0.01)] {
            let mix = |pick: fn(&Place) -> f64| {
                let [a, b, c, d] = corners.each_ref().map(pick);
                (a * (1.0 - across) + b * across) * (1.0 - down) + (d * (1.0 - across) + c * across) * down
            };
            let (found_across, found_down) = within(corners, (mix(|p| p.0), mix(|p| p.1))).expect("within");
            assert!((found_across - across).abs() < 1e-9 && (found_down - down).abs() < 1e-9);
        }
        assert_eq!(within(corners, (-1.0, 5.0)), None);
        assert_eq!(within([(0.0, 0.0); 4], (0.0, 0.0)), None);
    }
}
