//! Waits until a job ends, by asking for its status again and again.
//!
//! [`Wait`] holds when to ask and when to give up. Servers send no `Retry-After`, so the interval is the caller's.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    error::{Error, Result},
    job::Job,
    problem::Problem,
    status::{Status, StatusInfo},
};

/// Interval between two questions unless another is set.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
/// How many answers "no such job" are borne right after a submission: ZOO-Project may take a moment to know its own job.
const UNKNOWN_AT_FIRST: u32 = 3;
/// How many failures of the network or a gateway in a row are borne once the job has been seen.
const INTERRUPTIONS: u32 = 3;
/// Environment variable that overrides the interval of every wait.
const INTERVAL_VARIABLE: &str = "EOAP_POLL_INTERVAL";

type OnStatus = Box<dyn FnMut(&StatusInfo) + Send>;

/// Waiting for a job, from [`Job::wait`]: set what is to be set, then `.await`.
///
/// The status is asked for at once, then at every interval, until the job is successful (the last status is returned),
/// failed or dismissed (both are errors that hold it). Words that the standard does not know, such as `paused`, go on waiting.
/// "No such job" is borne three times right after the submission; so are up to three failures in a row of the network or a
/// gateway (502, 503, 504) once the job has been seen.
///
/// The environment variable `EOAP_POLL_INTERVAL` (such as `5ms`, `2s`, `1m`) overrides the interval of every wait. It is meant
/// for demonstrations and tests, where a server plays a job back in less time than the real one took.
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
    interval: Duration,
    deadline: Option<Duration>,
    on_status: Option<OnStatus>,
}

impl Wait {
    pub(crate) fn new(job: Job) -> Self {
        Self { job, interval: DEFAULT_INTERVAL, deadline: None, on_status: None }
    }

    /// Time between two questions; 5 s unless set.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
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

    async fn run(mut self) -> Result<StatusInfo> {
        let interval = match std::env::var(INTERVAL_VARIABLE) {
            Ok(value) => parse_interval(&value)?,
            Err(_) => self.interval,
        };
        let Some(after) = self.deadline else {
            return self.poll(interval, &mut None).await;
        };
        let (job, mut last) = (self.job.id().to_owned(), None);
        match timeout_at(Instant::now() + after, self.poll(interval, &mut last)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::WaitTimeout { job, after, last: last.map(Box::new) }),
        }
    }

    async fn poll(&mut self, interval: Duration, last: &mut Option<StatusInfo>) -> Result<StatusInfo> {
        let mut unknown = 0;
        let mut interruptions = 0;
        loop {
            match self.job.status().await {
                Ok(status) => {
                    interruptions = 0;
                    if let Some(on_status) = &mut self.on_status {
                        on_status(&status);
                    }
                    let job = self.job.id().to_owned();
                    match status.status {
                        Status::Successful => return Ok(status),
                        Status::Failed => return Err(Error::JobFailed { job, status: Box::new(status) }),
                        Status::Dismissed => return Err(Error::JobDismissed { job, status: Box::new(status) }),
                        _ => *last = Some(status),
                    }
                }
                Err(error) if error.http_status() == Some(404) => {
                    unknown += 1;
                    // Only a job that was submitted just now can be unknown for a moment.
                    let fresh = self.job.process_id().is_some() && last.is_none();
                    if !fresh || unknown > UNKNOWN_AT_FIRST {
                        return Err(self.lost(error));
                    }
                }
                Err(error) if last.is_some() && is_interruption(&error) && interruptions < INTERRUPTIONS => interruptions += 1,
                Err(error) => return Err(error),
            }
            sleep(interval).await;
        }
    }

    fn lost(&self, error: Error) -> Error {
        let problem = match error {
            Error::Api { problem, .. } => problem,
            Error::Http { body, .. } => {
                Box::new(Problem { title: Some("NotFound".into()), detail: Some(body), ..Problem::default() })
            }
            other => return other,
        };
        Error::JobLost { job: self.job.id().to_owned(), url: self.job.url().to_string(), problem }
    }
}

fn is_interruption(error: &Error) -> bool {
    matches!(error, Error::Connection { .. }) || matches!(error.http_status(), Some(502..=504))
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
            .field("interval", &self.interval)
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
    fn waiting_can_be_sent_to_another_thread() {
        fn sendable<T: Send + 'static>(_: T) {}
        let client = crate::Client::new("http://host/api").expect("client");
        sendable(client.job("1").wait().into_future());
    }
}
