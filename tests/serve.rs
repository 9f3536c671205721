//! `nbsnap serve`: a testbed for clients that know nothing of it, and nothing left when it ends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectStoreExt, RetryConfig};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::terminal::Terminal;
use crate::world::{World, workspace};

const ROOT: &str = "http://zoo-project-dru-service/acme/ogc-api";
const JOB: &str = "68046976-7dcb-11f0-90ac-2a20aea25780";
const INPUTS: &str = r#"{"inputs": {"stac_items": ["https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/LC08_L2SP_044032_20231208_02_T1"],
    "aoi": "-121.399,39.834,-120.74,40.472", "epsg": "EPSG:4326", "bands": ["green", "nir08"]}}"#;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running testbed, and the variables that it printed.
pub(crate) struct Served {
    process: Child,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Served {
    /// Serves water-bodies with further arguments, says its environment as JSON, and lasts as long as its
    /// standard input.
    pub(crate) fn start(world: &World, arguments: &[&str]) -> Served {
        Served::of(world, &scenario("water-bodies"), arguments)
    }

    /// The same of another scenario.
    pub(crate) fn of(world: &World, scenario: &str, arguments: &[&str]) -> Served {
        let mut all = vec!["serve", scenario, "--env", "json"];
        all.extend_from_slice(arguments);
        let mut process = world.command(&all).stdin(Stdio::piped()).spawn().unwrap();
        let mut text = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        while !text.ends_with("}\n") {
            assert_ne!(out.read_line(&mut text).unwrap(), 0, "it said {text:?} and {}", said(&mut process));
        }
        Served { process, environment: serde_json::from_str(&text).unwrap() }
    }

    pub(crate) fn address(&self, of: &str) -> &str {
        &self.environment[&format!("EOAP_TESTBED_{of}_URL")]
    }

    /// A request to the proxy.
    fn through_proxy(&self, method: &str, url: &str, headers: &str, body: &str) -> (u16, String) {
        ask(self.address("PROXY"), method, url, headers, body)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap(), signal).unwrap();
    }

    /// Waits for the end. Returns the exit code and standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        while self.process.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
        let code = self.process.wait().unwrap().code();
        let said = said(&mut self.process);
        for of in ["PROXY", "OGC", "S3"] {
            assert!(TcpStream::connect(host(self.address(of))).is_err(), "{of} is still served");
        }
        (code, said)
    }

    /// Ends it by closing its standard input.
    pub(crate) fn close(mut self) -> (Option<i32>, String) {
        drop(self.process.stdin.take());
        self.end()
    }
}

fn said(process: &mut Child) -> String {
    let mut said = String::new();
    process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    said
}

/// The folder of a scenario of the testbed.
fn scenario(name: &str) -> String {
    workspace().join("crates/eoap-testbed/scenarios").join(name).display().to_string()
}

/// Host and port of an address.
fn host(url: &str) -> &str {
    url.strip_prefix("http://").unwrap().split('/').next().unwrap()
}

/// A request to the server at `at`, for `target`: status and body.
fn ask(at: &str, method: &str, target: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(host(at)).unwrap();
    let named = if target.starts_with("http://") { host(target) } else { "another.example" };
    let length = body.len();
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nHost: {named}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A bucket straight on S3, with signatures; what fails is not tried again.
pub(crate) fn bucket(served: &Served, name: &str) -> AmazonS3 {
    // Another thread may have set it first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let setting = |name: &str| served.environment[name].clone();
    AmazonS3Builder::new()
        .with_endpoint(served.address("S3"))
        .with_allow_http(true)
        .with_region(setting("AWS_REGION"))
        .with_access_key_id(setting("AWS_ACCESS_KEY_ID"))
        .with_secret_access_key(setting("AWS_SECRET_ACCESS_KEY"))
        .with_bucket_name(name)
        .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() })
        .build()
        .unwrap()
}

/// Reads an object.
fn read_object(served: &Served, name: &str, key: &str) -> Vec<u8> {
    let store = bucket(served, name);
    let read = async { store.get(&key.into()).await.unwrap().bytes().await.unwrap().to_vec() };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(read)
}

/// The lines of a log.
fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn any_client_runs_a_job_through_the_proxy_and_watches_it_straight() {
    let world = World::empty();
    let log = world.path("requests.jsonl");
    let served = Served::start(&world, &["--log", log.to_str().unwrap()]);
    assert_eq!(served.environment["http_proxy"], served.address("PROXY"));
    assert_eq!(served.environment["AWS_ENDPOINT_URL"], "http://eoap-zoo-project-localstack:4566");

    let headers = "Content-Type: application/json\r\nPrefer: respond-async;return=representation\r\n";
    let (status, job) = served.through_proxy("POST", &format!("{ROOT}/processes/water-bodies/execution"), headers, INPUTS);
    assert_eq!(status, 201, "{job}");
    assert_eq!(serde_json::from_str::<Value>(&job).unwrap()["jobID"], JOB);
    let mut seen = Vec::new();
    while seen.last().is_none_or(|status| status == "running") {
        let (_, status) = ask(served.address("OGC"), "GET", &format!("/acme/ogc-api/jobs/{JOB}"), "", "");
        seen.push(serde_json::from_str::<Value>(&status).unwrap()["status"].as_str().unwrap().to_owned());
    }
    assert_eq!((seen.len(), seen.last().map(String::as_str)), (10, Some("successful")));

    let object = read_object(&served, "results", &format!("{JOB}/{JOB}/LC08_L2SP_044032_20231208_02_T1/otsu.tif"));
    assert_eq!((object.len(), &object[..4]), (406_547, &b"II*\0"[..]));
    // S3 refuses unsigned requests. The server is S3 under any host name.
    let (status, refusal) = ask(served.address("S3"), "GET", "/results?list-type=2", "", "");
    assert!(status == 403 && refusal.contains("<Code>AccessDenied</Code>"), "{status} {refusal}");
    assert_eq!(served.through_proxy("GET", "http://elsewhere.example/", "", "").0, 502);

    let (status, page) = ask(served.address("PAGE"), "GET", "/", "", "");
    assert!(status == 200 && page.contains("page.js"), "{page}");
    let (_, state) = ask(served.address("PAGE"), "GET", "/state.json", "", "");
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!((&state["jobs"][0]["id"], &state["jobs"][0]["status"]), (&JOB.into(), &"successful".into()));
    assert_eq!(state["requests"]["total"], 14);

    let (code, said) = served.close();
    assert_eq!(code, Some(0), "{said}");
    let requests = lines(&log);
    assert_eq!(requests.len(), 14, "{requests:?}");
    assert_eq!((&requests[0]["method"], &requests[0]["status"]), (&"POST".into(), &201.into()));
    assert_eq!(requests[0]["host"], "zoo-project-dru-service");
    assert_eq!((&requests[13]["by"], &requests[13]["host"]), (&"refused".into(), &"elsewhere.example".into()));
    let polls =
        said.lines().filter(|line| line.contains(&format!(" 200 GET    another.example/acme/ogc-api/jobs/{JOB}  "))).count();
    assert_eq!(polls, 10, "{said}");
    assert!(said.contains("refused elsewhere.example"), "{said}");
    assert!(!said.contains("testbed/secret"), "{said}");
}

#[test]
fn chosen_ports_are_kept_and_taken_ones_are_an_error() {
    let world = World::empty();
    let free: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<String> = free.iter().map(|listener| listener.local_addr().unwrap().port().to_string()).collect();
    let arguments = ["--proxy-port", &ports[0], "--ogc-port", &ports[1], "--s3-port", &ports[2]];
    let scenario = scenario("water-bodies");
    let taken = world.run(&[&["serve", &scenario], &arguments[..]].concat());
    taken.exits(96);
    assert!(taken.stderr.contains(&format!("cannot listen on 127.0.0.1:{} for the proxy", ports[0])), "{}", taken.stderr);
    assert!(taken.stderr.contains("--proxy-port") && taken.stdout.is_empty(), "{} {}", taken.stdout, taken.stderr);
    drop(free);
    let served = Served::start(&world, &arguments);
    assert_eq!(served.address("PAGE"), format!("http://127.0.0.1:{}/", ports[0]));
    assert_eq!(served.address("OGC"), format!("http://127.0.0.1:{}/acme/ogc-api", ports[1]));
    assert_eq!(served.address("S3"), format!("http://127.0.0.1:{}", ports[2]));
    served.close();
}

#[test]
fn signals_end_it_with_nothing_left() {
    let world = World::empty();
    for signal in [Signal::INT, Signal::TERM] {
        let served = Served::start(&world, &["--quiet"]);
        served.signal(signal);
        let (code, said) = served.end();
        assert_eq!(code, Some(0), "{signal:?}: {said}");
    }
}

#[test]
fn on_a_terminal_it_stays_until_ctrl_c() {
    let world = World::empty();
    let mut terminal = Terminal::run(&world, &["serve", &scenario("literal"), "--quiet"]);
    terminal.shows("export http_proxy='http://127.0.0.1:").shows("until Ctrl-C");
    // Input on a terminal does not matter.
    terminal.press("\n\x04");
    std::thread::sleep(Duration::from_millis(300));
    terminal.signal(Signal::INT);
    let (said, code) = terminal.end();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_command_gets_the_environment_and_gives_the_exit_code() {
    let world = World::empty();
    let script =
        r#"test "$http_proxy" = "$EOAP_TESTBED_PROXY_URL" && printf '%s' "$EOAP_TESTBED_PROXY_URL" > proxy; echo mine; exit 7"#;
    let outcome = world.run(&["serve", &scenario("water-bodies"), "--", "sh", "-c", script]);
    outcome.exits(7);
    assert_eq!(outcome.stdout, "mine\n", "standard output is the command's");
    assert!(TcpStream::connect(host(&world.read("proxy"))).is_err(), "the testbed outlives its command");

    let missing = world.run(&["serve", &scenario("water-bodies"), "--", "no-such-command"]);
    missing.exits(96);
    assert!(missing.stderr.contains("cannot run no-such-command"), "{}", missing.stderr);

    // On its own end it ends the command, and waits for that.
    let script = r#"trap 'echo ended > mark; exit 3' TERM; echo started > mark; while :; do sleep 0.05; done"#;
    let mut process = world.command(&["serve", &scenario("water-bodies"), "--", "sh", "-c", script]).spawn().unwrap();
    let started = Instant::now();
    while !world.path("mark").exists() {
        assert!(started.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(process.wait().unwrap().code(), Some(3));
    assert_eq!(world.read("mark"), "ended\n");
}

#[test]
fn no_line_of_the_command_comes_between_a_line_of_the_log_and_its_end() {
    let world = World::empty();
    // Each write to such a socket arrives by itself.
    let (log, end) = UnixDatagram::pair().unwrap();
    let script = "curl -s http://zoo-project-dru-service/acme/ogc-api/processes http://elsewhere.example/";
    let mut nbsnap = world.command(&["serve", &scenario("water-bodies"), "--", "sh", "-c", script]);
    let status = nbsnap.stdout(Stdio::null()).stderr(Stdio::from(OwnedFd::from(end))).status().unwrap();
    drop(nbsnap);
    assert!(status.success(), "{status}");
    log.set_nonblocking(true).unwrap();
    let mut buffer = [0; 4096];
    let mut writes = Vec::new();
    while let Ok(length @ 1..) = log.recv(&mut buffer) {
        writes.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
    assert_eq!(writes.len(), 3, "{writes:?}");
    assert!(writes.iter().all(|text| text.ends_with('\n')), "{writes:?}");
    assert!(writes[2].starts_with("nbsnap: refused elsewhere.example"), "{writes:?}");
}

#[test]
fn it_serves_in_the_background_of_a_shell() {
    let world = World::empty();
    let log = world.path("requests.jsonl");
    let script = "eval \"$(\"$0\" serve \"$1\" --detach --log requests.jsonl)\" && echo $EOAP_TESTBED_PID $EOAP_TESTBED_OGC_URL";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_nbsnap"), &scenario("water-bodies")]);
    let output = shell.current_dir(world.root()).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (process, url) = said.trim().split_once(' ').unwrap_or_else(|| panic!("{output:?}"));
    assert_eq!(ask(url, "GET", "/acme/ogc-api/processes", "", "").0, 200);
    kill_process(Pid::from_raw(process.parse().unwrap()).unwrap(), Signal::TERM).unwrap();
    let started = Instant::now();
    while TcpStream::connect(host(url)).is_ok() {
        assert!(started.elapsed() < PATIENCE, "it does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(lines(&log).len(), 1);

    // An error that keeps it from serving is printed as usual.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = world.run(&["serve", &scenario("water-bodies"), "--detach", "--s3-port", &port]);
    refused.exits(96);
    assert!(refused.stderr.contains(&format!("cannot listen on 127.0.0.1:{port} for S3")), "{}", refused.stderr);
}

#[test]
fn a_shell_reads_the_file_with_the_environment() {
    let world = World::empty();
    let file = world.path("bed.env");
    let scenario = scenario("water-bodies");
    let mut process = world
        .command(&["serve", &scenario, "--env-file", file.to_str().unwrap(), "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !file.exists() {
        assert!(started.elapsed() < PATIENCE && process.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(10));
    }
    let shell =
        Command::new("sh").args(["-c", ". ./bed.env; echo $AWS_REGION $http_proxy"]).current_dir(world.root()).output().unwrap();
    assert!(String::from_utf8_lossy(&shell.stdout).starts_with("us-east-1 http://127.0.0.1:"), "{shell:?}");
    drop(process.stdin.take());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn the_scenario_is_the_projects_or_one_beside_it() {
    let world = World::empty();
    world.write("notebooks/nbsnap.toml", &format!("[environment]\nscenario = {:?}\n", scenario("water-bodies")));
    let serves = |arguments: &[&str], name: &str| {
        // Its standard input has ended when it starts.
        let mut command = world.command(&[&["serve"], arguments].concat());
        let output = command.stdin(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains(&format!("serving {name} until")), "{said}");
    };
    serves(&[], "water-bodies");
    serves(&["literal"], "literal");
    let unknown = world.run(&["serve", "water-bodys"]);
    unknown.exits(96);
    assert!(
        unknown.stderr.contains("no scenario water-bodys") && unknown.stderr.contains("literal, water-bodies,"),
        "{}",
        unknown.stderr
    );

    let elsewhere = World::empty();
    let nothing = elsewhere.run(&["serve"]);
    nothing.exits(96);
    assert!(nothing.stderr.contains("no scenario to serve: name a folder"), "{}", nothing.stderr);
    let contradiction = elsewhere.run(&["serve", &scenario("literal"), "--clock", "poll", "--speed", "2"]);
    contradiction.exits(96);
    assert!(contradiction.stderr.contains("only the clock `real` has a speed"), "{}", contradiction.stderr);
}

#[test]
fn by_the_real_clock_jobs_take_their_time() {
    let world = World::empty();
    let served = Served::start(&world, &["--clock", "real", "--speed", "200", "--quiet"]);
    assert_eq!(served.environment["EOAP_POLL_INTERVAL"], "1s");
    let headers = "Content-Type: application/json\r\nPrefer: respond-async;return=representation\r\n";
    served.through_proxy("POST", &format!("{ROOT}/processes/water-bodies/execution"), headers, INPUTS);
    let started = Instant::now();
    loop {
        let (_, state) = ask(served.address("PAGE"), "GET", "/state.json", "", "");
        if serde_json::from_str::<Value>(&state).unwrap()["jobs"][0]["status"] == "successful" {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the job does not move on by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    served.close();
}
