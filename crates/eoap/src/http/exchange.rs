//! One request with its attempts, redirects and renewed credentials, all within one deadline.
//!
//! [`Exchange`] decides what follows from an answer, or from a missing one. It lives as long as the future
//! that runs it. When that is dropped, nothing more is sent and the connection is closed.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{ACCEPT, HeaderName, HeaderValue},
};
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use crate::{
    error::{Error, Result, chain},
    http::{
        message::{Answer, Request},
        retry,
        transport::Transport,
    },
};

const MAX_REDIRECTS: u32 = 5;
/// How much is read of an answer with an error status. More would not be worth the time.
const MAX_ERROR_BODY: usize = 1 << 20;

pub(crate) struct Exchange<'a> {
    transport: &'a Transport,
    request: Request,
    begin: Instant,
    /// Time spent in the client's own queue, which does not count.
    queued: Duration,
    sent: u32,
    failures: u32,
    redirects: u32,
    /// A second place to ask, if the place of a redirect does not answer or does not have it.
    other_place: Option<Url>,
    /// Why it was not had where the request was redirected to.
    not_there: Option<Error>,
    has_renewed: bool,
    last: Option<Box<Error>>,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(transport: &'a Transport, request: Request) -> Self {
        Self {
            transport,
            request,
            begin: Instant::now(),
            queued: Duration::ZERO,
            sent: 0,
            failures: 0,
            redirects: 0,
            other_place: None,
            not_there: None,
            has_renewed: false,
            last: None,
        }
    }

    /// How many requests have left so far.
    pub(crate) fn sent(&self) -> u32 {
        self.sent
    }

    /// Sends until there is an answer with a good status, or an error that another attempt would not change.
    pub(crate) async fn run(&mut self) -> Result<Answer> {
        let outcome = self.attempts().await;
        outcome.map_err(|error| self.not_there.take().unwrap_or(error))
    }

    async fn attempts(&mut self) -> Result<Answer> {
        loop {
            let credentials = self.credentials().await?;
            match self.attempt(credentials.clone()).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer),
                Ok(answer) if answer.is_redirect() => self.redirect(&answer)?,
                Ok(answer) if answer.status == StatusCode::NOT_FOUND && self.goes_elsewhere() => {
                    self.not_there = Some(answer.into_error());
                }
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED && self.renews(credentials) => {}
                Ok(answer) if retry::is_passing(answer.status) => {
                    let asked = answer.retry_after();
                    self.pause(answer.into_error(), asked).await?;
                }
                Ok(answer) => return Err(answer.into_error()),
                Err(error) if error.is_unanswered() && self.goes_elsewhere() => self.not_there = Some(error),
                Err(error @ Error::Connection { .. }) => self.pause(error, None).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// The credentials for this request, which only the own server may have.
    async fn credentials(&mut self) -> Result<Option<(HeaderName, HeaderValue)>> {
        if !self.transport.is_own(&self.request.url) {
            return Ok(None);
        }
        match timeout(self.remaining(), self.transport.credentials.header(&self.request.url)).await {
            Ok(credentials) => credentials,
            Err(_) => Err(self.late()),
        }
    }

    async fn attempt(&mut self, credentials: Option<(HeaderName, HeaderValue)>) -> Result<Answer> {
        let queued = Instant::now();
        let _slot = self.transport.connections.slot().await;
        self.queued += queued.elapsed();
        self.sent += 1;
        match timeout(self.remaining(), fetch(self.transport, &self.request, credentials)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.late()),
        }
    }

    /// Whether to try again with other credentials after these were refused. The next request gets other ones
    /// in any case.
    fn renews(&mut self, credentials: Option<(HeaderName, HeaderValue)>) -> bool {
        let other = credentials.is_some_and(|(_, header)| self.transport.credentials.refused(&header));
        let renews = other && self.request.is_safe() && !self.has_renewed;
        self.has_renewed |= renews;
        renews
    }

    fn redirect(&mut self, answer: &Answer) -> Result<()> {
        let target = answer.location();
        let refuse = |reason: &'static str| Error::Redirect {
            method: answer.method.to_string(),
            url: answer.url.to_string(),
            status: answer.status.as_u16(),
            target: target.as_ref().map_or_else(|| "nowhere".to_owned(), ToString::to_string),
            reason,
        };
        let Some(to) = &target else { return Err(refuse("its Location header is missing or no URL")) };
        if !self.request.is_safe() {
            return Err(refuse("a request that changes something is sent to no other place than it was meant for"));
        }
        if !matches!(to.scheme(), "http" | "https") {
            return Err(refuse("only http and https are followed"));
        }
        if self.redirects == MAX_REDIRECTS {
            return Err(refuse("more than 5 redirects are not followed"));
        }
        self.redirects += 1;
        // A server may give its own address wrongly in a redirect. So redirects follow the same policy as
        // links.
        (self.request.url, self.other_place) = self.transport.places(to.as_str())?;
        Ok(())
    }

    /// Switches to the second place, if there is one. Returns whether there was.
    fn goes_elsewhere(&mut self) -> bool {
        let Some(other) = self.other_place.take() else { return false };
        self.request.url = other;
        true
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    ///
    /// The error itself if there is no other attempt: unchanged, or as the last of several.
    async fn pause(&mut self, error: Error, asked: Option<Duration>) -> Result<()> {
        if !self.request.is_safe() {
            return Err(error);
        }
        self.failures += 1;
        let Some(delay) = self.transport.retry.delay(self.failures) else {
            return Err(match self.failures {
                1 => error,
                attempts => Error::RetriesExhausted { attempts, last: Box::new(error) },
            });
        };
        let remaining = self.remaining();
        match asked {
            Some(asked) if asked >= remaining => return Err(Error::RetryAfter { asked, remaining, last: Box::new(error) }),
            _ => {}
        }
        let delay = asked.unwrap_or_default().max(delay);
        tracing::debug!(failures = self.failures, delay_ms = delay.as_millis() as u64, reason = %error, "request is repeated");
        self.last = Some(Box::new(error));
        if delay >= remaining {
            return Err(self.late());
        }
        sleep(delay).await;
        Ok(())
    }

    fn remaining(&self) -> Duration {
        self.transport.timeout.saturating_add(self.queued).saturating_sub(self.begin.elapsed())
    }

    fn late(&mut self) -> Error {
        Error::Deadline {
            method: self.request.method.to_string(),
            url: self.request.url.to_string(),
            limit: self.transport.timeout,
            attempts: self.sent,
            last: self.last.take(),
        }
    }
}

/// Sends the request once and reads the whole answer.
async fn fetch(transport: &Transport, request: &Request, credentials: Option<(HeaderName, HeaderValue)>) -> Result<Answer> {
    let (method, url) = (&request.method, &request.url);
    let mut headers = request.headers.clone();
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json, */*;q=0.5"));
    headers.extend(credentials);
    let mut sent = transport.connections.client(request.is_safe()).request(method.clone(), url.clone()).headers(headers);
    if let Some(body) = &request.body {
        sent = sent.body(body.clone());
    }
    let failed = |error: reqwest::Error| {
        let source = error.without_url();
        Error::Connection { method: method.to_string(), url: url.to_string(), reason: chain(&source), source }
    };
    let mut response = sent.send().await.map_err(failed)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let limit = if status.is_success() { transport.max_answer } else { MAX_ERROR_BODY };
    let too_large = || Error::TooLarge { method: method.to_string(), url: url.to_string(), limit };
    if status.is_success() && response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        let room = limit - body.len();
        if chunk.len() > room && status.is_success() {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == limit && !status.is_success() {
            break;
        }
    }
    Ok(Answer { method: method.clone(), url: url.clone(), status, headers, body: Bytes::from(body) })
}
