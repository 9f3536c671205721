//! Credentials for requests to the client's own server.
//!
//! [`Auth`] is what a caller gives, [`Credentials`] the resulting header, and [`Token`] the result of a
//! token provider. Nothing here is ever printed. Nothing here knows which server is the client's own: see
//! the exchange.

use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{
    FutureExt,
    future::{BoxFuture, WeakShared},
};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio::time::Instant;
use url::Url;

use crate::error::{Error, Result, chain};

/// A token is renewed this long before it expires, so that it does not expire on its way.
const MARGIN: Duration = Duration::from_secs(30);

pub(crate) type Cause = Box<dyn StdError + Send + Sync>;
pub(crate) type Provide = dyn Fn() -> BoxFuture<'static, Result<Token, Cause>> + Send + Sync;

/// Credentials as a caller gives them.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    Bearer(String),
    Basic(String, String),
    Header(String, String),
    Provider(Arc<Provide>),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer(<secret>)",
            Self::Basic(..) => "Basic(<secret>)",
            Self::Header(..) => "Header(<secret>)",
            Self::Provider(_) => "Provider(<secret>)",
        })
    }
}

/// A bearer token (RFC 6750) from a token provider, and how long it is good for.
///
/// ```
/// use std::time::Duration;
/// let token = eoap::Token::new("eyJhbGciOi…").expires_in(Duration::from_secs(300));
/// assert_eq!(format!("{token:?}"), "Token(<secret>, expires in 300s)");
/// ```
#[derive(Clone)]
pub struct Token {
    value: String,
    lifetime: Option<Duration>,
}

impl Token {
    /// A token that is used until the server refuses it.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), lifetime: None }
    }

    /// How long the token is valid from now on: `expires_in` of an OAuth 2.0 answer (RFC 6749 clause 5.1).
    /// It is renewed 30 s before its end, or after four fifths of its time if that is later.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }
}

impl From<String> for Token {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<&str> for Token {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lifetime {
            Some(lifetime) => write!(f, "Token(<secret>, expires in {lifetime:?})"),
            None => f.write_str("Token(<secret>)"),
        }
    }
}

/// Credentials as requests carry them.
pub(crate) enum Credentials {
    None,
    Fixed(HeaderName, HeaderValue),
    Renewed(Tokens),
}

impl Credentials {
    /// # Errors
    ///
    /// [`Error::Setup`] for credentials that cannot be in a header.
    pub(crate) fn new(auth: Auth) -> Result<Self> {
        let value = |text: String| {
            secret(&text).ok_or_else(|| Error::Setup {
                reason: "the credentials hold a line break or another character that no HTTP header may have".to_owned(),
            })
        };
        Ok(match auth {
            Auth::None => Self::None,
            Auth::Bearer(token) => Self::Fixed(AUTHORIZATION, value(format!("Bearer {token}"))?),
            Auth::Basic(user, password) => {
                Self::Fixed(AUTHORIZATION, value(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))?)
            }
            Auth::Header(name, text) => {
                let name = HeaderName::try_from(&name)
                    .map_err(|_| Error::Setup { reason: format!("{name:?} is not the name of an HTTP header") })?;
                Self::Fixed(name, value(text)?)
            }
            Auth::Provider(provide) => Self::Renewed(Tokens { provide, state: Arc::default() }),
        })
    }

    /// The header for a request that is sent now.
    pub(crate) async fn header(&self, url: &Url) -> Result<Option<(HeaderName, HeaderValue)>> {
        Ok(match self {
            Self::None => None,
            Self::Fixed(name, value) => Some((name.clone(), value.clone())),
            Self::Renewed(tokens) => Some((AUTHORIZATION, tokens.current(url).await?)),
        })
    }

    /// Notes that the server refused this header. Returns whether another one is available.
    pub(crate) fn refused(&self, header: &HeaderValue) -> bool {
        match self {
            Self::Renewed(tokens) => {
                tokens.forget(header);
                true
            }
            _ => false,
        }
    }
}

/// The current token of a token provider.
pub(crate) struct Tokens {
    provide: Arc<Provide>,
    state: Arc<Mutex<State>>,
}

type Renewal = BoxFuture<'static, Result<HeaderValue, Arc<dyn StdError + Send + Sync>>>;

#[derive(Default)]
struct State {
    current: Option<(HeaderValue, Option<Instant>)>,
    /// The renewal in progress. The tasks that wait for it keep it alive. Without them it stops.
    renewal: Option<WeakShared<Renewal>>,
}

impl Tokens {
    /// The valid token. If several tasks ask during a renewal, all wait for it, and share its failure.
    async fn current(&self, url: &Url) -> Result<HeaderValue> {
        let renewal = {
            let mut state = lock(&self.state);
            match &state.current {
                Some((header, until)) if until.is_none_or(|until| Instant::now() < until) => return Ok(header.clone()),
                _ => {}
            }
            match state.renewal.as_ref().and_then(WeakShared::upgrade) {
                Some(renewal) => renewal,
                None => {
                    let renewal = renew((self.provide)(), Arc::downgrade(&self.state)).boxed().shared();
                    state.renewal = renewal.downgrade();
                    renewal
                }
            }
        };
        renewal.await.map_err(|source| Error::Token { url: url.to_string(), reason: chain(&*source), source })
    }

    fn forget(&self, refused: &HeaderValue) {
        let mut state = lock(&self.state);
        if state.current.as_ref().is_some_and(|(header, _)| header == refused) {
            state.current = None;
        }
    }
}

async fn renew(
    provided: BoxFuture<'static, Result<Token, Cause>>,
    state: Weak<Mutex<State>>,
) -> Result<HeaderValue, Arc<dyn StdError + Send + Sync>> {
    let outcome = provided.await.and_then(|token| {
        let header =
            secret(&format!("Bearer {}", token.value)).ok_or("the token holds a character that no HTTP header may have")?;
        // A lifetime beyond the range of the clock means no limit.
        let until = token.lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime - MARGIN.min(lifetime / 5)));
        Ok((header, until))
    });
    if let Some(state) = state.upgrade() {
        let mut state = lock(&state);
        state.renewal = None;
        state.current = outcome.as_ref().ok().cloned();
    }
    outcome.map(|(header, _)| header).map_err(Arc::from)
}

/// Locks the state. Nothing panics while holding the lock, and any state is consistent.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn url() -> Url {
        Url::parse("http://host/api").expect("URL")
    }

    fn tokens(provide: impl Fn(u32) -> Result<Token, Cause> + Send + Sync + 'static) -> (Credentials, Arc<AtomicU32>) {
        let calls = Arc::new(AtomicU32::new(0));
        let counter = calls.clone();
        let provide = Arc::new(move || {
            let outcome = provide(counter.fetch_add(1, Ordering::SeqCst) + 1);
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                outcome
            }
            .boxed()
        });
        (Credentials::new(Auth::Provider(provide)).expect("credentials"), calls)
    }

    async fn bearer(credentials: &Credentials) -> String {
        let (_, value) = credentials.header(&url()).await.expect("a token").expect("a header");
        value.to_str().expect("text").to_owned()
    }

    #[tokio::test]
    async fn many_who_ask_at_once_share_one_renewal() {
        let (credentials, calls) = tokens(|call| Ok(Token::new(format!("t{call}"))));
        let all = futures_util::future::join_all((0..50).map(|_| bearer(&credentials))).await;
        assert!(all.iter().all(|header| header == "Bearer t1"));
        assert_eq!(bearer(&credentials).await, "Bearer t1");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn failure_is_shared_and_not_kept() {
        let (credentials, calls) = tokens(|call| if call == 1 { Err("no login".into()) } else { Ok("t".into()) });
        let url = url();
        for outcome in futures_util::future::join_all((0..50).map(|_| credentials.header(&url))).await {
            let error = outcome.expect_err("no token");
            assert!(matches!(&error, Error::Token { .. }) && error.to_string().contains("no login"), "{error}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        assert_eq!(bearer(&credentials).await, "Bearer t");
    }

    #[tokio::test]
    async fn token_is_renewed_before_its_end_and_after_a_refusal() {
        let (credentials, _) = tokens(|call| {
            Ok(Token::new(format!("t{call}")).expires_in(Duration::from_millis(if call == 1 { 50 } else { 100_000 })))
        });
        assert_eq!(bearer(&credentials).await, "Bearer t1");
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(bearer(&credentials).await, "Bearer t2");
        assert!(credentials.refused(&HeaderValue::from_static("Bearer t1")));
        assert_eq!(bearer(&credentials).await, "Bearer t2", "an old token's refusal says nothing about the current one");
        assert!(credentials.refused(&HeaderValue::from_static("Bearer t2")));
        assert_eq!(bearer(&credentials).await, "Bearer t3");
    }

    #[tokio::test]
    async fn renewal_that_nobody_waits_for_any_more_stops() {
        let (credentials, calls) = tokens(|call| Ok(Token::new(format!("t{call}"))));
        let impatient = futures_util::FutureExt::now_or_never(bearer(&credentials));
        assert!(impatient.is_none());
        assert_eq!(bearer(&credentials).await, "Bearer t2");
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn credentials_that_no_header_can_hold_are_refused_and_not_shown() {
        let refused = [
            Auth::Bearer("hush\n".into()),
            Auth::Header("X-Api-Key".into(), "hush\r\nX: y".into()),
            Auth::Header("no name".into(), "hush".into()),
        ];
        for auth in refused {
            let Err(error) = Credentials::new(auth) else { panic!("must be refused") };
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}
