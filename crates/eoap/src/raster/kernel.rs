//! The kernels that pixels are interpolated with, as GDAL has them (`gdalwarpkernel.cpp`).

use std::f64::consts::PI;

/// How much a pixel counts by its distance, in pixels of the result if these are the larger ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    Bilinear,
    Cubic,
    CubicSpline,
    Lanczos,
}

impl Kernel {
    /// The distance from which on pixels do not count.
    pub(super) fn radius(self) -> u32 {
        match self {
            Self::Bilinear => 1,
            Self::Cubic | Self::CubicSpline => 2,
            Self::Lanczos => 3,
        }
    }

    pub(super) fn has_negative_weights(self) -> bool {
        matches!(self, Self::Cubic | Self::Lanczos)
    }

    /// The weight at a distance; those of a spline are six times as large, which makes no difference to their
    /// shares.
    pub(super) fn weight(self, distance: f64) -> f64 {
        match self {
            Self::Bilinear => (1.0 - distance.abs()).max(0.0),
            Self::Cubic => cubic(distance),
            Self::CubicSpline => spline(distance),
            Self::Lanczos => lanczos(distance),
        }
    }
}

/// Catmull and Rom's.
fn cubic(x: f64) -> f64 {
    let (size, square) = (x.abs(), x * x);
    if size <= 1.0 {
        square * (1.5 * size - 2.5) + 1.0
    } else if size <= 2.0 {
        square * (-0.5 * size + 2.5) - 4.0 * size + 2.0
    } else {
        0.0
    }
}

/// The B-spline of third order.
fn spline(x: f64) -> f64 {
    let cube = |times: f64, x: f64| if x > 0.0 { times * x * x * x } else { 0.0 };
    ((cube(-4.0, x - 1.0) + cube(6.0, x)) + cube(-4.0, x + 1.0)) + cube(1.0, x + 2.0)
}

/// A cardinal sine with a window of three pixels. The sine of an angle comes from that of its third, so that
/// it is just 0 three pixels away.
fn lanczos(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x.abs() > 3.0 {
        return 0.0;
    }
    let angle = PI * x;
    let third = angle / 3.0;
    let square = third.sin() * third.sin();
    (3.0 - 4.0 * square) * square / (angle * third)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_one_in_the_middle_and_nothing_outside() {
        for kernel in [Kernel::Bilinear, Kernel::Cubic, Kernel::Lanczos] {
            assert_eq!(kernel.weight(0.0), 1.0, "{kernel:?}");
        }
        for kernel in [Kernel::Bilinear, Kernel::Cubic, Kernel::CubicSpline, Kernel::Lanczos] {
            let radius = f64::from(kernel.radius());
            assert!(kernel.weight(radius + 0.01).abs() < 1e-5 && kernel.weight(-radius).abs() < 1e-12, "{kernel:?}");
            assert!((kernel.weight(0.4) - kernel.weight(-0.4)).abs() < 1e-12, "{kernel:?}");
        }
    }
}
