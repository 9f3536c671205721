//! Places on both sides of the antimeridian (RFC 7946 clauses 3.1.9 and 5.2): bounds whose west is larger
//! than their east, and shapes that are cut in two.
//!
//! Computes on corners in degrees. Knows no file.

use super::bounds::Bounds;

type Ring = Vec<(f64, f64)>;

/// Longitudes beyond this are not valid, and stay as they are.
const SANE: f64 = 540.0;

/// Bounds of corners whose longitudes do not jump.
pub(crate) fn bounds(corners: &[(f64, f64)]) -> Option<Bounds> {
    let bounds = Bounds::around(corners.iter().copied())?;
    if (-180.0 <= bounds.left && bounds.right <= 180.0) || bounds.left.abs().max(bounds.right.abs()) > SANE {
        return Some(bounds);
    }
    if bounds.right - bounds.left >= 360.0 {
        return Some(Bounds { left: -180.0, right: 180.0, ..bounds });
    }
    let west = wrapped(bounds.left);
    // A shape that ends at the antimeridian ends there, and does not begin on its other side.
    let east = if bounds.right == 180.0 { 180.0 } else { wrapped(bounds.right) };
    Some(Bounds { left: west, right: if east == -180.0 { 180.0 } else { east }, ..bounds })
}

/// The rings that corners make whose longitudes do not jump: one, or one on each side.
pub(crate) fn rings(corners: &[(f64, f64)]) -> Vec<Ring> {
    let ring = corners.to_vec();
    let (low, high) = ring.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
    if low.abs().max(high.abs()) > SANE {
        return vec![corners.to_vec()];
    }
    // The meridian that the ring may cross, and what to add to bring each side home.
    let line = if high > 180.0 { 180.0 } else { -180.0 };
    let is_across = low < line && line < high;
    if !is_across {
        let turn = if low >= 180.0 {
            -360.0
        } else if high <= -180.0 {
            360.0
        } else {
            0.0
        };
        return vec![ring.into_iter().map(|(x, y)| (x + turn, y)).collect()];
    }
    let (west, east) = if line > 0.0 { (0.0, -360.0) } else { (360.0, 0.0) };
    let side = |keep: fn(f64) -> bool, turn: f64| -> Ring {
        clipped(&ring, line, keep).into_iter().map(|(x, y)| (x + turn, y)).collect()
    };
    vec![side(|beyond| beyond <= 0.0, west), side(|beyond| beyond >= 0.0, east)]
}

/// Every `step`th place of a ring, with longitudes that do not jump. The places between show which way round
/// the ring goes: from 170° to -170° it is 20° or 340°. A ring around a pole cannot have such longitudes, and
/// stays as it is.
pub(crate) fn continuous(ring: &[(f64, f64)], step: usize) -> Ring {
    let turn = |from: f64, to: f64| wrapped(to - from);
    let around: f64 = (0..ring.len()).map(|index| turn(ring[index].0, ring[(index + 1) % ring.len()].0)).sum();
    let jumps = ring.windows(2).any(|pair| (pair[1].0 - pair[0].0).abs() > 180.0);
    let is_sane = ring.iter().all(|(x, _)| x.abs() <= 180.0);
    let mut straight = ring.to_vec();
    if jumps && is_sane && around.abs() < 180.0 {
        for index in 1..straight.len() {
            straight[index].0 = straight[index - 1].0 + turn(straight[index - 1].0, ring[index].0);
        }
    }
    straight.into_iter().step_by(step).collect()
}

/// A longitude, or a difference of two, from -180 to below 180.
fn wrapped(degrees: f64) -> f64 {
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

/// The part of a ring on one side of a meridian.
fn clipped(ring: &[(f64, f64)], line: f64, keeps: fn(f64) -> bool) -> Ring {
    let mut out = Vec::new();
    for (index, &(x, y)) in ring.iter().enumerate() {
        let (next_x, next_y) = ring[(index + 1) % ring.len()];
        if keeps(x - line) {
            out.push((x, y));
        }
        if (x < line && line < next_x) || (next_x < line && line < x) {
            out.push((line, y + (next_y - y) * (line - x) / (next_x - x)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn west_is_larger_than_east_across_the_antimeridian() {
        let across = continuous(&[(179.0, -10.0), (-179.0, -10.0), (-179.0, 10.0), (179.0, 10.0)], 1);
        assert_eq!(bounds(&across), Some(Bounds::new(179.0, -10.0, -179.0, 10.0)));
        assert_eq!(
            rings(&across),
            [
                vec![(179.0, -10.0), (180.0, -10.0), (180.0, 10.0), (179.0, 10.0)],
                vec![(-180.0, -10.0), (-179.0, -10.0), (-179.0, 10.0), (-180.0, 10.0)]
            ]
        );
        let from_the_east = continuous(&[(-179.0, 0.0), (-179.0, 1.0), (179.0, 1.0), (179.0, 0.0)], 1);
        assert_eq!(bounds(&from_the_east), Some(Bounds::new(179.0, 0.0, -179.0, 1.0)));
        assert_eq!(rings(&from_the_east).len(), 2);
    }

    #[test]
    fn longitudes_from_0_to_360_are_brought_home() {
        let square = |west: f64, east: f64| [(west, 0.0), (east, 0.0), (east, 1.0), (west, 1.0)];
        assert_eq!(bounds(&square(190.0, 200.0)), Some(Bounds::new(-170.0, 0.0, -160.0, 1.0)));
        assert_eq!(bounds(&square(170.0, 190.0)), Some(Bounds::new(170.0, 0.0, -170.0, 1.0)));
        assert_eq!(bounds(&square(0.0, 360.0)), Some(Bounds::new(-180.0, 0.0, 180.0, 1.0)));
        assert_eq!(rings(&square(190.0, 200.0)), [square(-170.0, -160.0).to_vec()]);
        assert_eq!(rings(&square(170.0, 190.0)).len(), 2);
    }

    #[test]
    fn places_between_corners_tell_which_way_round() {
        let wide =
            [(-170.0, 0.0), (0.0, 0.0), (170.0, 0.0), (170.0, 1.0), (170.0, 2.0), (0.0, 2.0), (-170.0, 2.0), (-170.0, 1.0)];
        assert_eq!(continuous(&wide, 2), [(-170.0, 0.0), (170.0, 0.0), (170.0, 2.0), (-170.0, 2.0)]);
        let narrow =
            [(-170.0, 0.0), (-180.0, 0.0), (170.0, 0.0), (170.0, 1.0), (170.0, 2.0), (180.0, 2.0), (-170.0, 2.0), (-170.0, 1.0)];
        assert_eq!(bounds(&continuous(&narrow, 2)), Some(Bounds::new(170.0, 0.0, -170.0, 2.0)));
    }

    #[test]
    fn everything_else_stays() {
        for ring in [
            [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
            [(-180.0, 0.0), (180.0, 0.0), (180.0, 1.0), (-180.0, 1.0)],
            [(500_000.0, 0.0), (500_001.0, 0.0), (500_001.0, 1.0), (500_000.0, 1.0)],
        ] {
            assert_eq!((bounds(&ring), rings(&ring)), (Bounds::around(ring), vec![ring.to_vec()]), "{ring:?}");
        }
        let around_a_pole = [(-135.0, 60.0), (-45.0, 60.0), (45.0, 60.0), (135.0, 60.0)];
        assert_eq!(continuous(&around_a_pole, 1), around_a_pole);
    }
}
