//! The trace of a request: enough to see what happened, and no secret.
//!
//! A separate test binary, because the subscriber belongs to the whole process.

use std::{
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use eoap::{Client, Retry};
use serde_json::json;
use tracing::{Event, Metadata, Subscriber, field::Field, span};

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "suite/server.rs"]
mod server;

use server::{Reply, Server};

/// Writes down all that is traced.
struct Scribe {
    text: Arc<Mutex<String>>,
    spans: AtomicU64,
}

struct Line<'a>(&'a mut String);

impl tracing::field::Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").expect("text");
    }
}

impl Subscriber for Scribe {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("eoap")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let mut text = self.text.lock().expect("lock");
        text.push_str(attributes.metadata().name());
        attributes.record(&mut Line(&mut text));
        span::Id::from_u64(self.spans.fetch_add(1, SeqCst) + 1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&mut self.text.lock().expect("lock")));
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.text.lock().expect("lock")));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn requests_are_traced_without_secrets() {
    let server =
        Server::start(|_, number| if number == 1 { Reply::new(503, "busy") } else { Reply::json(200, &json!({"links": []})) })
            .await;
    let text = Arc::new(Mutex::new(String::new()));
    let scribe = Scribe { text: text.clone(), spans: AtomicU64::new(0) };
    tracing::subscriber::set_global_default(scribe).expect("the only subscriber");
    let base = server.url().replace("http://", "http://me:hush@");
    let retry = Retry::default().first_delay(Duration::from_millis(2));
    let client = Client::builder(base).retry(retry).build().expect("client");
    client.landing_page().await.expect("landing page");
    let text = text.lock().expect("lock").clone();
    let url = server.url();
    assert!(text.starts_with(&format!("request method=GET url={url}/")), "{text}");
    assert!(text.contains("request is repeated failures=1"), "{text}");
    assert!(text.contains("status=200 attempts=2 elapsed_ms="), "{text}");
    assert!(!text.contains("hush") && !text.contains("Basic"), "{text}");
}
