//! When a request is sent again, and after how long.
//!
//! [`Retry`] is the policy. [`is_passing`] and [`retry_after`] read the server's signs. Nothing here knows
//! deadlines or sends anything.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::{
    StatusCode,
    header::{DATE, HeaderMap, RETRY_AFTER},
};

/// How often and how soon a request that only reads (GET, HEAD) is sent again.
///
/// It is sent again after 429, 502, 503 and 504, and after a connection fault: refused, reset (even within
/// the body), or silent for too long. The delay is random, between zero and a limit that doubles with each
/// failure ("full jitter"). So clients that failed together do not come back together. A `Retry-After` of
/// the server (RFC 9110 clause 10.2.3, both forms) is the minimum delay. If it is longer than the rest of
/// the request's time, the request fails at once with [`Error::RetryAfter`](crate::Error::RetryAfter).
///
/// A request that changes something (an execution, a dismissal, a deployment) is never sent twice, not even
/// after a refused connection.
///
/// ```
/// use std::time::Duration;
/// use eoap::{Client, Retry};
/// # fn run() -> Result<(), eoap::Error> {
/// let patient = Retry::default().attempts(8).max_delay(Duration::from_secs(60));
/// let client = Client::builder("http://host/acme/ogc-api").retry(patient).build()?;
/// # Ok(())
/// # }
/// # run().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a client has it"]
pub struct Retry {
    attempts: u32,
    first_delay: Duration,
    max_delay: Duration,
}

impl Default for Retry {
    /// Four attempts, with delays of up to 200 ms, 400 ms and 800 ms.
    fn default() -> Self {
        Self { attempts: 4, first_delay: Duration::from_millis(200), max_delay: Duration::from_secs(10) }
    }
}

impl Retry {
    /// Each request is sent once.
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// The longest delay.
    #[cfg_attr(not(feature = "raster"), allow(dead_code, reason = "what only rasters need"))]
    pub(crate) fn longest(&self) -> Duration {
        self.max_delay
    }

    /// How often a request is sent at most, including the first time. 0 counts as 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Limit of the delay after the first failure.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// Limit of the delay after any failure, however many there were.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// How long to wait after this many failures, or nothing if that was the last attempt.
    pub(crate) fn delay(&self, failures: u32) -> Option<Duration> {
        (failures < self.attempts).then(|| {
            let limit = self.limit(failures).as_nanos().try_into().unwrap_or(u64::MAX);
            Duration::from_nanos(rand::random_range(0..=limit))
        })
    }

    fn limit(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        self.first_delay.saturating_mul(2_u32.saturating_pow(doublings)).min(self.max_delay)
    }
}

/// Whether a status is temporary: too many requests, or a gateway without its server.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// How long the server asks to wait: `Retry-After` in seconds or as a date. A date is compared with the
/// answer's own `Date`, if it has one, because clocks differ. An unreadable value is ignored.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let now = headers.get(DATE).and_then(|date| http_date(date.to_str().ok()?)).unwrap_or_else(|| SystemTime::now().into());
    // A date that has passed asks for nothing more.
    Some((http_date(text)? - now).to_std().unwrap_or_default())
}

/// A date as HTTP writes it, and the two older ways that must be understood (RFC 9110 clause 5.6.7).
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text.trim(), format).ok())
        .map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(after: &str, date: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(after).expect("header"));
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        headers
    }

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let after = |text| retry_after(&headers(text, date));
        assert_eq!(after("120"), Some(Duration::from_secs(120)));
        assert_eq!(after("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for text in ["Sun, 06 Nov 1994 08:51:37 GMT", "Sunday, 06-Nov-94 08:51:37 GMT", "Sun Nov  6 08:51:37 1994"] {
            assert_eq!(after(text), Some(Duration::from_secs(120)), "{text}");
        }
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for text in ["soon", "-1", "1.5", ""] {
            assert_eq!(after(text), None, "{text}");
        }
        assert_eq!(retry_after(&headers("Sun, 06 Nov 1994 08:51:37 GMT", None)), Some(Duration::ZERO));
        let far = retry_after(&headers("Fri, 31 Dec 2100 00:00:00 GMT", None)).expect("a date to come");
        assert!(far > Duration::from_secs(365 * 24 * 3600), "{far:?}");
    }

    #[test]
    fn limits_double_up_to_the_maximum_and_end() {
        let retry = Retry::default().attempts(9);
        let limits: Vec<_> = (1..9).map(|failures| retry.limit(failures).as_millis()).collect();
        assert_eq!(limits, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        for failures in 1..9 {
            assert!(retry.delay(failures).expect("another attempt") <= retry.limit(failures));
        }
        assert_eq!(retry.delay(9), None);
        assert_eq!(Retry::never().delay(1), None);
        let endless = Retry::default().attempts(u32::MAX).first_delay(Duration::MAX).max_delay(Duration::MAX);
        assert!(endless.delay(1_000_000).is_some());
    }
}
