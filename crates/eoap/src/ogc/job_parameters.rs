//! The values of the filters of a job list (OGC API - Processes - Part 1, clause 12.2): one word or several,
//! moments and intervals.

use std::{
    fmt,
    ops::{Range, RangeFrom, RangeFull, RangeTo},
};

use url::form_urlencoded::byte_serialize;

use crate::ogc::documents::status::Status;

/// One word of a query parameter, or several of them.
///
/// ```
/// use eoap::{OneOrMore, Status};
/// let one = OneOrMore::from("water-bodies");
/// let more = OneOrMore::from([Status::Running, Status::Failed]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneOrMore(Vec<String>);

impl OneOrMore {
    pub(crate) fn words(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn into_words(self) -> Vec<String> {
        self.0
    }

    /// The words with commas between them, which are the only commas that are not encoded.
    pub(crate) fn query(&self) -> String {
        self.0.iter().map(|word| byte_serialize(word.as_bytes()).collect::<String>()).collect::<Vec<_>>().join(",")
    }
}

impl From<&str> for OneOrMore {
    fn from(word: &str) -> Self {
        Self(vec![word.to_owned()])
    }
}

impl From<String> for OneOrMore {
    fn from(word: String) -> Self {
        Self(vec![word])
    }
}

impl From<&String> for OneOrMore {
    fn from(word: &String) -> Self {
        word.as_str().into()
    }
}

impl From<Status> for OneOrMore {
    fn from(status: Status) -> Self {
        status.as_str().into()
    }
}

impl From<&Status> for OneOrMore {
    fn from(status: &Status) -> Self {
        status.as_str().into()
    }
}

impl<T: Into<OneOrMore>> From<Vec<T>> for OneOrMore {
    fn from(words: Vec<T>) -> Self {
        Self(words.into_iter().flat_map(|word| word.into().0).collect())
    }
}

impl<T: Into<OneOrMore>, const N: usize> From<[T; N]> for OneOrMore {
    fn from(words: [T; N]) -> Self {
        Vec::from(words).into()
    }
}

impl<T: Into<OneOrMore> + Clone> From<&[T]> for OneOrMore {
    fn from(words: &[T]) -> Self {
        words.to_vec().into()
    }
}

/// A moment or an interval of time in the notation of RFC 3339: text as the server takes it, or a range of
/// two moments that may be open.
///
/// ```
/// use eoap::Datetime;
/// assert_eq!(Datetime::from("2024-10-22T04:18:54Z").as_str(), "2024-10-22T04:18:54Z");
/// assert_eq!(Datetime::from("2024-10-22T00:00:00Z".."2024-10-23T00:00:00Z").as_str(), "2024-10-22T00:00:00Z/2024-10-23T00:00:00Z");
/// assert_eq!(Datetime::from("2024-10-22T00:00:00Z"..).as_str(), "2024-10-22T00:00:00Z/..");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datetime(String);

impl Datetime {
    /// The value of the query parameter `datetime`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Datetime {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Datetime {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<T: fmt::Display> From<Range<T>> for Datetime {
    fn from(range: Range<T>) -> Self {
        Self(format!("{}/{}", range.start, range.end))
    }
}

impl<T: fmt::Display> From<RangeFrom<T>> for Datetime {
    fn from(range: RangeFrom<T>) -> Self {
        Self(format!("{}/..", range.start))
    }
}

impl<T: fmt::Display> From<RangeTo<T>> for Datetime {
    fn from(range: RangeTo<T>) -> Self {
        Self(format!("../{}", range.end))
    }
}

impl From<RangeFull> for Datetime {
    fn from(_: RangeFull) -> Self {
        Self("../..".to_owned())
    }
}
