//! Each kind of request while the network or the server misbehaves. There is an answer, or an error that
//! says what happened, always in time. The server sees a request that changes something at most once.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use eoap::{Client, Error, Execution, Retry};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use crate::server::{Reply, Server, reserve};

const DEADLINE: Duration = Duration::from_secs(5);
const SHORT_DEADLINE: Duration = Duration::from_millis(1000);
const READ_TIMEOUT: Duration = Duration::from_millis(1000);
const SLACK: Duration = Duration::from_secs(3);
const ATTEMPTS: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Landing,
    List,
    Description,
    Execution,
    Status,
    Results,
    Dismiss,
}

const KINDS: [Kind; 7] =
    [Kind::Landing, Kind::List, Kind::Description, Kind::Execution, Kind::Status, Kind::Results, Kind::Dismiss];

impl Kind {
    fn is_safe(self) -> bool {
        !matches!(self, Self::Execution | Self::Dismiss)
    }

    fn good(self) -> (u16, Value) {
        let status = |status: &str| json!({"jobID": "1", "type": "process", "status": status, "links": []});
        match self {
            Self::Landing => (200, json!({"title": "t", "links": []})),
            Self::List => (200, json!({"processes": [{"id": "p", "version": "1"}], "links": []})),
            Self::Description => (200, json!({"id": "p", "version": "1", "inputs": {}, "outputs": {}})),
            Self::Execution => (201, status("running")),
            Self::Status => (200, status("running")),
            Self::Results => (200, json!({"answer": 42})),
            Self::Dismiss => (200, status("dismissed")),
        }
    }

    async fn send(self, client: &Client) -> Result<(), Error> {
        match self {
            Self::Landing => client.landing_page().await.map(|_| ()),
            Self::List => client.processes().await.map(|_| ()),
            Self::Description => client.process("p").await.map(|_| ()),
            Self::Execution => client.execute("p", Execution::new()).await.map(|_| ()),
            Self::Status => client.job("1").status().await.map(|_| ()),
            Self::Results => client.job("1").results().await.map(|_| ()),
            Self::Dismiss => client.job("1").dismiss().await.map(|_| ()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    TenMegabytes,
    Refused,
    ResetWithinBody,
    Silence,
    SlowBody,
    HtmlPage500,
    HtmlPage200,
    TruncatedJson,
    WrongContentType,
    RedirectLoop,
    RedirectElsewhere,
    Unavailable503,
    Busy429,
    BusyForAnHour,
}

const FAULTS: [Fault; 14] = [
    Fault::TenMegabytes,
    Fault::Refused,
    Fault::ResetWithinBody,
    Fault::Silence,
    Fault::SlowBody,
    Fault::HtmlPage500,
    Fault::HtmlPage200,
    Fault::TruncatedJson,
    Fault::WrongContentType,
    Fault::RedirectLoop,
    Fault::RedirectElsewhere,
    Fault::Unavailable503,
    Fault::Busy429,
    Fault::BusyForAnHour,
];

impl Fault {
    /// Whether it makes a difference if the fault is there for the first request only.
    fn can_pass(self) -> bool {
        use Fault::*;
        matches!(self, Refused | ResetWithinBody | Silence | RedirectLoop | Unavailable503 | Busy429)
    }

    fn reply(self, kind: Kind, path: &str, elsewhere: &str) -> Reply {
        let (status, body) = kind.good();
        let good = Reply::json(status, &body);
        let html = "<html><body>Something went wrong</body></html>";
        match self {
            Self::Refused => unreachable!("a server that refuses connections sees no request"),
            Self::ResetWithinBody => good.reset(),
            Self::Silence => Reply::silence(),
            Self::SlowBody => good.dripping(),
            Self::HtmlPage500 => Reply::new(500, html).header("Content-Type", "text/html"),
            Self::HtmlPage200 => good.body(html).header("Content-Type", "text/html"),
            Self::TruncatedJson => {
                let text = body.to_string();
                good.body(&text.as_bytes()[..text.len() / 2])
            }
            Self::WrongContentType => good.header("Content-Type", "text/html"),
            Self::TenMegabytes => {
                let mut large = body;
                large["padding"] = "x".repeat(10_000_000).into();
                Reply::json(status, &large)
            }
            Self::RedirectLoop => Reply::new(307, "").header("Location", path),
            Self::RedirectElsewhere => Reply::new(307, "").header("Location", format!("{elsewhere}{path}")),
            Self::Unavailable503 => Reply::new(503, html),
            Self::Busy429 => Reply::new(429, "slow down").header("Retry-After", "1"),
            Self::BusyForAnHour => Reply::new(429, "slow down").header("Retry-After", "3600"),
        }
    }

    /// Outcome and number of requests when the fault is there for ever, or for the first request only.
    fn expected(self, kind: Kind, is_passing: bool) -> (&'static str, usize) {
        let attempts = ATTEMPTS as usize;
        let not_json = if kind == Kind::Execution { "NoJobId" } else { "Decode" };
        match (self, kind.is_safe(), is_passing) {
            (Self::Refused, true, true) => ("ok", 1),
            (Self::Refused, true, false) => ("RetriesExhausted(Connection)", 0),
            (Self::Refused, false, _) => ("Connection", 0),
            (Self::ResetWithinBody | Self::Silence | Self::Unavailable503 | Self::Busy429, true, true) => ("ok", 2),
            (Self::ResetWithinBody | Self::Silence, true, false) => ("RetriesExhausted(Connection)", attempts),
            (Self::ResetWithinBody | Self::Silence, false, _) => ("Connection", 1),
            (Self::SlowBody, _, _) => ("Deadline", 1),
            (Self::HtmlPage500, _, _) => ("Http", 1),
            (Self::HtmlPage200 | Self::TruncatedJson, _, _) => (not_json, 1),
            (Self::WrongContentType | Self::TenMegabytes, _, _) => ("ok", 1),
            (Self::RedirectLoop, true, true) => ("ok", 2),
            (Self::RedirectLoop, true, false) => ("Redirect", 6),
            (Self::RedirectElsewhere, true, _) => ("ok", 1),
            (Self::RedirectLoop | Self::RedirectElsewhere, false, _) => ("Redirect", 1),
            (Self::Unavailable503 | Self::Busy429, true, false) => ("RetriesExhausted(Http)", attempts),
            (Self::BusyForAnHour, true, _) => ("RetryAfter(Http)", 1),
            (Self::Unavailable503 | Self::Busy429 | Self::BusyForAnHour, false, _) => ("Http", 1),
        }
    }
}

fn name(outcome: &Result<(), Error>) -> String {
    let of = |error: &Error| match error {
        Error::Connection { .. } => "Connection",
        Error::Deadline { .. } => "Deadline",
        Error::Http { .. } => "Http",
        Error::Decode { .. } => "Decode",
        Error::NoJobId { .. } => "NoJobId",
        Error::Redirect { .. } => "Redirect",
        other => panic!("unexpected: {other}"),
    };
    match outcome {
        Ok(()) => "ok".to_owned(),
        Err(Error::RetriesExhausted { last, attempts }) => {
            assert_eq!(*attempts, ATTEMPTS);
            format!("RetriesExhausted({})", of(last))
        }
        Err(Error::RetryAfter { last, asked, .. }) => {
            assert_eq!(*asked, Duration::from_secs(3600));
            format!("RetryAfter({})", of(last))
        }
        Err(error) => of(error).to_owned(),
    }
}

/// What a fault may take.
fn deadline(fault: Fault) -> Duration {
    if fault == Fault::SlowBody { SHORT_DEADLINE } else { DEADLINE }
}

/// A client that tries often and soon.
async fn client(address: SocketAddr, fault: Fault, is_passing: bool) -> Client {
    let retry = Retry::default().first_delay(Duration::from_millis(5)).max_delay(Duration::from_millis(20));
    // Someone who starts a server needs more than a few milliseconds.
    let retry = retry.attempts(if (fault, is_passing) == (Fault::Refused, true) { 400 } else { ATTEMPTS });
    let builder = Client::builder(format!("http://{address}/acme/ogc-api"))
        .bearer("hush")
        .timeout(deadline(fault))
        .read_timeout(if fault == Fault::Silence { READ_TIMEOUT } else { DEADLINE })
        .retry(retry);
    // Reading the system's certificates takes the processor for a while, and the other lines have deadlines.
    tokio::task::spawn_blocking(|| builder.build().expect("client")).await.expect("task")
}

/// One line of the table.
async fn try_out(fault: Fault, kind: Kind, is_passing: bool) -> String {
    let (status, body) = kind.good();
    let elsewhere = Server::start(move |_, _| Reply::json(status, &body)).await;
    let (socket, address) = reserve();
    let other = elsewhere.url();
    let start = move || {
        Server::start_on(socket, move |heard, number| {
            if fault == Fault::Refused || is_passing && number > 1 {
                let (status, body) = kind.good();
                return Reply::json(status, &body);
            }
            fault.reply(kind, &heard.path, &other)
        })
    };
    let client = client(address, fault, is_passing).await;

    let begin = Instant::now();
    let (server, outcome) = match (fault, is_passing) {
        (Fault::Refused, false) => (None, kind.send(&client).await),
        (Fault::Refused, true) => {
            let late = async {
                tokio::time::sleep(Duration::from_millis(60)).await;
                start()
            };
            let (server, outcome) = tokio::join!(late, kind.send(&client));
            tokio::time::sleep(Duration::from_millis(60)).await;
            (Some(server), outcome)
        }
        _ => (Some(start()), kind.send(&client).await),
    };
    let elapsed = begin.elapsed();
    let seen = server.as_ref().map_or(0, Server::count);
    let when = if is_passing { "once" } else { "always" };
    let [fault_name, kind_name] = [format!("{fault:?}"), format!("{kind:?}")];
    let time = elapsed.as_millis();
    let line = format!("{fault_name:17} {when:6} {kind_name:11} {:29} {seen} {time:5} ms", name(&outcome));

    let (expected, requests) = fault.expected(kind, is_passing);
    assert_eq!((name(&outcome).as_str(), seen), (expected, requests), "{line}: {outcome:?}");
    assert!(elapsed < deadline(fault) + SLACK, "{line}");
    check_requests(kind, server.as_ref(), &line);
    check_secrets(fault, kind, (&elsewhere, address), outcome, &line);
    line
}

/// Every request is signed, and what changes something is sent once.
fn check_requests(kind: Kind, server: Option<&Server>, line: &str) {
    assert!(kind.is_safe() || server.map_or(0, Server::count) <= 1, "{line}");
    for heard in server.into_iter().flat_map(Server::requests) {
        assert_eq!(heard.headers.get("authorization").map(String::as_str), Some("Bearer hush"), "{line}");
        assert_eq!(kind.is_safe(), heard.method == "GET", "{line}");
    }
}

/// The token goes to no other server and into no message, which names the server that was asked.
fn check_secrets(fault: Fault, kind: Kind, (elsewhere, address): (&Server, SocketAddr), outcome: Result<(), Error>, line: &str) {
    let followed = usize::from(fault == Fault::RedirectElsewhere && kind.is_safe());
    assert_eq!(elsewhere.count(), followed, "{line}");
    for heard in elsewhere.requests() {
        assert!(!heard.headers.contains_key("authorization"), "{line}");
    }
    if let Err(error) = outcome {
        let text = format!("{error} {error:?}");
        assert!(text.contains(&address.to_string()) && !text.contains("hush"), "{line}: {text}");
        if matches!(error, Error::Redirect { .. }) && fault == Fault::RedirectElsewhere {
            assert!(text.contains(&elsewhere.url()), "{line}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_every_request_is_mended_or_named() {
    // The slow ones first, and not all at once: a machine under load would add faults of its own.
    let faults = FAULTS.iter().rev().flat_map(|fault| [(*fault, false), (*fault, true)]);
    let faults = faults.filter(|(fault, is_passing)| !is_passing || fault.can_pass());
    let tries = faults.flat_map(|(fault, is_passing)| KINDS.map(move |kind| (fault, kind, is_passing)));
    let lines = stream::iter(tries.enumerate())
        .map(async |(number, (fault, kind, is_passing))| (number, tokio::spawn(try_out(fault, kind, is_passing)).await));
    let mut lines: Vec<_> = lines.buffer_unordered(16).collect().await;
    lines.sort_by_key(|(number, _)| *number);
    println!("fault             when   request     outcome              requests seen     time");
    let mut failures = Vec::new();
    for (_, line) in lines {
        match line {
            Ok(line) => println!("{line}"),
            Err(error) => failures.push(error),
        }
    }
    assert!(failures.is_empty(), "{} lines are wrong, see above", failures.len());
}
