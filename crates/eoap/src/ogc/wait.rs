//! Waits until a job ends, by asking for its status again and again.
//!
//! [`Wait`] decides when to ask and when to give up. The transport sends each request, and repeats it if
//! necessary.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};

use crate::{
    error::{Error, Result, problem::Problem},
    ogc::{
        documents::status::{Status, StatusInfo},
        job::Job,
    },
};

/// First interval between two questions unless another is set.
const FIRST_INTERVAL: Duration = Duration::from_secs(1);
/// How intervals grow unless they are set to be constant, and up to where.
const BACKOFF: (f64, Duration) = (1.5, Duration::from_secs(30));
/// How many answers "no such job" are tolerated right after a submission, and for how long. ZOO-Project may
/// need a moment before it knows its own job. The number of requests in that moment depends on the interval,
/// so the time counts, too.
const UNKNOWN_AT_FIRST: (u32, Duration) = (3, Duration::from_secs(5));
/// How many successive failures of the network or a gateway are tolerated once the job has been seen.
const INTERRUPTIONS: u32 = 3;
/// Environment variable that overrides the interval of every wait.
const INTERVAL_VARIABLE: &str = "EOAP_POLL_INTERVAL";

pub(crate) type OnStatus = Box<dyn FnMut(&StatusInfo) + Send>;

/// Waiting for a job, from [`Job::wait`]: change settings, then `.await`.
///
/// The status is requested at once, then again and again until the job ends. If it is successful, the last
/// status is returned. If it is failed or dismissed, the error includes the status. Unknown values, such as
/// `paused`, do not end the wait.
///
/// The interval is 1 s at first and grows by half each time, up to 30 s: a job that has run for long is
/// likely to go on. [`every`](Wait::every) makes it constant, and [`backoff`](Wait::backoff) changes its
/// growth. A `Retry-After` of the server makes it longer once.
///
/// Right after the submission, "no such job" is tolerated three times, or for five seconds. Once the job has
/// been seen, up to three successive failures of the network or a gateway (429, 502, 503, 504) are
/// tolerated. Each of them comes after the repetitions of the client's [`Retry`](crate::Retry).
///
/// The environment variable `EOAP_POLL_INTERVAL` (such as `5ms`, `2s`, `1m`) overrides the interval of every
/// wait, whatever the server asks for. It is meant for demonstrations and tests, where a server replays a
/// job faster than the real one ran.
///
/// ```no_run
/// # async fn run(job: eoap::Job) -> Result<(), eoap::Error> {
/// use std::time::Duration;
///
/// let status = job
///     .wait()
///     .every(Duration::from_secs(10))
///     .deadline(Duration::from_secs(3600))
///     .on_status(|status| println!("Job status: {}", status.status))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "waiting begins with `.await`"]
pub struct Wait {
    job: Job,
    every: Option<Duration>,
    backoff: Option<(f64, Duration)>,
    deadline: Option<Duration>,
    on_status: Option<OnStatus>,
    /// Keeps each status, before `on_status` sees it.
    record: Option<OnStatus>,
}

impl Job {
    /// Waits for the end of the job: settings first, then `.await`.
    pub fn wait(&self) -> Wait {
        Wait::new(self.clone())
    }
}

impl Wait {
    pub(crate) fn new(job: Job) -> Self {
        Self { job, every: None, backoff: None, deadline: None, on_status: None, record: None }
    }

    /// Time between two questions; constant, unless [`backoff`](Wait::backoff) is set, too: then it is the
    /// first one.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = Some(interval);
        self
    }

    /// The time between two questions is multiplied with `factor` after each one, until it is `longest`. A
    /// factor below 1 counts as 1.
    pub fn backoff(mut self, factor: f64, longest: Duration) -> Self {
        self.backoff = Some((factor, longest));
        self
    }

    /// Gives up after this time. Without it, waiting ends with the job only.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Is called with each status, the last one included.
    pub fn on_status(mut self, on_status: impl FnMut(&StatusInfo) + Send + 'static) -> Self {
        self.on_status = Some(Box::new(on_status));
        self
    }

    /// As [`on_status`](Wait::on_status), for what keeps the statuses.
    pub(crate) fn recorded(mut self, record: OnStatus) -> Self {
        self.record = Some(record);
        self
    }

    async fn run(mut self) -> Result<StatusInfo> {
        let pace = match std::env::var(INTERVAL_VARIABLE) {
            Ok(value) => Pace { is_fixed: true, ..Pace::new(Some(parse_interval(&value)?), None) },
            Err(_) => Pace::new(self.every, self.backoff),
        };
        let Some(after) = self.deadline else {
            return self.poll(pace, &mut None).await;
        };
        let (job, mut last) = (self.job.id().to_owned(), None);
        match timeout(after, self.poll(pace, &mut last)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::WaitTimeout { job, after, last: last.map(Box::new) }),
        }
    }

    async fn poll(&mut self, mut pace: Pace, last: &mut Option<StatusInfo>) -> Result<StatusInfo> {
        let begin = Instant::now();
        let mut unknown = 0;
        let mut interruptions = 0;
        loop {
            let asked = match self.job.status_and_pause().await {
                Ok((status, asked)) => {
                    interruptions = 0;
                    for seen in [&mut self.record, &mut self.on_status].into_iter().flatten() {
                        seen(&status);
                    }
                    let job = self.job.id().to_owned();
                    match status.status {
                        Status::Successful => return Ok(status),
                        Status::Failed => return Err(Error::JobFailed { job, status: Box::new(status) }),
                        Status::Dismissed => return Err(Error::JobDismissed { job, status: Box::new(status) }),
                        _ => *last = Some(status),
                    }
                    asked
                }
                Err(error) if error.http_status() == Some(404) => {
                    unknown += 1;
                    // Only a job that was submitted just now can be unknown for a moment.
                    let (answers, time) = UNKNOWN_AT_FIRST;
                    if !self.job.is_fresh() || unknown > answers && begin.elapsed() > time {
                        return Err(self.lost(error));
                    }
                    None
                }
                Err(error) if last.is_some() && is_interruption(&error) && interruptions < INTERRUPTIONS => {
                    interruptions += 1;
                    match error {
                        Error::RetryAfter { asked, .. } => Some(asked),
                        _ => None,
                    }
                }
                Err(error) => return Err(error),
            };
            sleep(pace.next(asked)).await;
        }
    }

    fn lost(&self, error: Error) -> Error {
        let problem = match error {
            Error::Api { problem, .. } => problem,
            Error::Http { body, .. } => {
                let mut problem = Problem::default();
                (problem.title, problem.detail) = (Some("NotFound".into()), Some(body));
                Box::new(problem)
            }
            other => return other,
        };
        Error::JobLost { job: self.job.id().to_owned(), url: self.job.url().to_string(), problem }
    }
}

/// The time between questions.
struct Pace {
    interval: Duration,
    factor: f64,
    longest: Duration,
    /// Whether a `Retry-After` of the server is ignored.
    is_fixed: bool,
}

impl Pace {
    fn new(every: Option<Duration>, backoff: Option<(f64, Duration)>) -> Self {
        let interval = every.unwrap_or(FIRST_INTERVAL);
        let (factor, longest) = match (every, backoff) {
            (_, Some(backoff)) => backoff,
            (None, None) => BACKOFF,
            (Some(_), None) => (1.0, interval),
        };
        Self { interval, factor: factor.max(1.0), longest: longest.max(interval), is_fixed: false }
    }

    /// How long to wait now, given what the server asks for.
    fn next(&mut self, asked: Option<Duration>) -> Duration {
        let interval = self.interval;
        let grown = Duration::try_from_secs_f64(interval.as_secs_f64() * self.factor).unwrap_or(Duration::MAX);
        self.interval = grown.min(self.longest);
        if self.is_fixed { interval } else { asked.unwrap_or_default().max(interval) }
    }
}

/// Whether the question failed, and not the job.
fn is_interruption(error: &Error) -> bool {
    matches!(error, Error::Connection { .. } | Error::Deadline { .. } | Error::RetriesExhausted { .. } | Error::RetryAfter { .. })
        || matches!(error.http_status(), Some(429 | 502..=504))
}

impl IntoFuture for Wait {
    type Output = Result<StatusInfo>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("job", &self.job.id())
            .field("every", &self.every)
            .field("backoff", &self.backoff)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

fn parse_interval(value: &str) -> Result<Duration> {
    let text = value.trim();
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    number.trim().parse::<f64>().ok().and_then(|number| Duration::try_from_secs_f64(number * seconds).ok()).ok_or_else(|| {
        Error::Environment {
            name: INTERVAL_VARIABLE,
            value: value.to_owned(),
            reason: "expected a number with one of the units ms, s, m, h, such as 5ms or 2s".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_with_units() {
        for (text, milliseconds) in [("5ms", 5), ("2s", 2000), (" 1.5 s ", 1500), ("1m", 60_000), ("1h", 3_600_000), ("0ms", 0)] {
            assert_eq!(parse_interval(text).expect(text), Duration::from_millis(milliseconds));
        }
    }

    #[test]
    fn other_intervals_are_refused() {
        for text in ["", "5", "ms", "-1s", "5 days", "1e400s", "NaNs", "infs"] {
            let error = parse_interval(text).expect_err(text).to_string();
            assert!(error.contains("EOAP_POLL_INTERVAL") && error.contains("such as 5ms"), "{error}");
        }
    }

    #[test]
    fn questions_become_rarer_unless_the_interval_is_set() {
        let seconds = |mut pace: Pace, n| (0..n).map(|_| pace.next(None).as_secs_f64()).collect::<Vec<_>>();
        let (s, ms) = (Duration::from_secs, Duration::from_millis);
        assert_eq!(seconds(Pace::new(None, None), 4), [1.0, 1.5, 2.25, 3.375]);
        assert_eq!(seconds(Pace::new(None, None), 20)[10..].iter().sum::<f64>(), 300.0);
        assert_eq!(seconds(Pace::new(Some(s(10)), None), 3), [10.0, 10.0, 10.0]);
        assert_eq!(seconds(Pace::new(Some(ms(500)), Some((2.0, s(3)))), 5), [0.5, 1.0, 2.0, 3.0, 3.0]);
        assert_eq!(seconds(Pace::new(None, Some((3.0, s(5)))), 3), [1.0, 3.0, 5.0]);
        for factor in [0.1, -1.0, f64::NAN] {
            assert_eq!(seconds(Pace::new(Some(s(2)), Some((factor, s(1)))), 3), [2.0, 2.0, 2.0]);
        }
        assert_eq!(Pace::new(None, Some((f64::INFINITY, Duration::MAX))).next(None), s(1));
    }

    #[test]
    fn server_can_ask_for_more_time_but_not_for_less() {
        let mut pace = Pace::new(Some(Duration::from_secs(5)), None);
        for (asked, seconds) in [(Some(60), 60), (Some(1), 5), (None, 5)] {
            assert_eq!(pace.next(asked.map(Duration::from_secs)), Duration::from_secs(seconds));
        }
        pace.is_fixed = true;
        assert_eq!(pace.next(Some(Duration::from_secs(60))), Duration::from_secs(5));
    }

    #[test]
    fn waiting_can_be_sent_to_another_thread() {
        fn sendable<T: Send + 'static>(_: T) {}
        let client = crate::Client::new("http://host/api").expect("client");
        sendable(client.job("1").wait().into_future());
    }
}
