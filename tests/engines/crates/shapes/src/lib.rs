//! A library as notebooks use them: a type that shows itself, an error, a macro, and something behind a feature.

use std::fmt;

/// A rectangle, which has `Debug` and shows itself too.
#[derive(Clone, Debug, PartialEq)]
pub struct Rectangle {
    pub width: u32,
    pub height: u32,
}

impl Rectangle {
    pub fn new(width: u32, height: u32) -> Rectangle {
        Rectangle { width, height }
    }

    pub fn area(&self) -> u32 {
        self.width * self.height
    }

    pub fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n<b>{} by {}</b>\nEVCXR_END_CONTENT", self.width, self.height);
        println!("EVCXR_BEGIN_CONTENT text/plain\n{} by {}\nEVCXR_END_CONTENT", self.width, self.height);
    }
}

/// What cannot be a rectangle.
#[derive(Debug)]
pub struct NoRectangle(pub String);

impl fmt::Display for NoRectangle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no rectangle", self.0)
    }
}

impl std::error::Error for NoRectangle {}

impl std::str::FromStr for Rectangle {
    type Err = NoRectangle;

    fn from_str(text: &str) -> Result<Rectangle, NoRectangle> {
        let parts: Option<(u32, u32)> = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
        parts.map(|(width, height)| Rectangle { width, height }).ok_or_else(|| NoRectangle(text.to_owned()))
    }
}

/// A square, as an expression.
#[macro_export]
macro_rules! square {
    ($side:expr) => {
        $crate::Rectangle::new($side, $side)
    };
}

/// Only with the feature `solids`.
#[cfg(feature = "solids")]
pub fn volume(base: &Rectangle, height: u32) -> u32 {
    base.area() * height
}

/// The area of what `base()` says, whose name only this macro mentions: it is looked for where the macro is called.
#[macro_export]
macro_rules! area_of_base {
    () => {
        base().area()
    };
}
