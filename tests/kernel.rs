//! `nbsnap kernel`: Jupyter finds the kernel and runs it. The kernel ends when Jupyter ends.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use jupyter_protocol::{
    ConnectionInfo, ExecuteRequest, ExecutionState, JupyterMessage, JupyterMessageContent, KernelInfoRequest, Media, MediaType,
};
use jupyter_zmq_client::{
    ClientIoPubConnection, ClientShellConnection, create_client_control_connection, create_client_iopub_connection,
    create_client_shell_connection_with_identity, peer_identity_for_session,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::ports::{self, PATIENCE};
use crate::world::{World, workspace};

const SPEC: &str = "env/share/jupyter/kernels/rust";

#[test]
fn jupyter_learns_of_the_kernel_and_forgets_it() {
    let world = World::empty();
    world.run(&["kernel", "install", "--prefix", "env", "--name", "rust"]).exits(0).says("Jupyter knows the kernel `Rust` now");
    let spec: Value = serde_json::from_str(&world.read(&format!("{SPEC}/kernel.json"))).unwrap();
    assert_eq!((&spec["display_name"], &spec["language"]), (&"Rust".into(), &"rust".into()));
    assert_eq!(spec["argv"][3], "{connection_file}");
    assert!(world.read(&format!("{SPEC}/logo-svg.svg")).contains("<svg"));
    // Again, with another name for people.
    world.run(&["kernel", "install", "--prefix", "env", "--name", "rust", "--display-name", "Ours"]).exits(0);
    assert!(world.read(&format!("{SPEC}/kernel.json")).contains("\"Ours\""));
    world.run(&["kernel", "uninstall", "--prefix", "env", "--name", "rust"]).exits(0).says("removed");
    assert!(!world.path(SPEC).exists());
    world.run(&["kernel", "uninstall", "--prefix", "env", "--name", "rust"]).exits(96);
}

/// The folder in which Jupyter looks for this user's data, whichever variable names it.
#[test]
fn the_kernel_lands_where_jupyter_looks() {
    for (variable, value, spec) in [
        ("JUPYTER_DATA_DIR", "{project}/own", "own/kernels/rust/kernel.json"),
        ("XDG_DATA_HOME", "{project}/data", "data/jupyter/kernels/rust/kernel.json"),
        ("HOME", "{project}/home", "home/.local/share/jupyter/kernels/rust/kernel.json"),
    ] {
        let mut world = World::empty();
        world.set(variable, value);
        world.run(&["kernel", "install", "--no-history"]).exits(0).says("Jupyter knows the kernel `Rust` now");
        let written: Value = serde_json::from_str(&world.read(spec)).unwrap();
        assert_eq!(written["argv"][4], "--no-history");
    }
    let mut world = World::empty();
    world.set("VIRTUAL_ENV", "{project}/env");
    world.run(&["kernel", "install", "--sys-prefix"]).exits(0);
    assert!(world.path(&format!("{SPEC}/kernel.json")).exists());
}

#[test]
fn another_kernel_is_left_alone() {
    let world = World::empty();
    let other = "{\"argv\": [\"evcxr_jupyter\"], \"display_name\": \"Rust\", \"language\": \"rust\"}";
    world.write(&format!("{SPEC}/kernel.json"), other);
    for command in ["install", "uninstall"] {
        let outcome = world.run(&["kernel", command, "--prefix", "env", "--name", "rust"]);
        outcome.exits(96);
        assert!(outcome.stderr.contains("is another kernel"), "{}", outcome.stderr);
    }
    assert_eq!(world.read(&format!("{SPEC}/kernel.json")), other);
    let outcome = world.run(&["kernel", "install", "--prefix", "env", "--name", "../elsewhere"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("cannot be called"), "{}", outcome.stderr);
}

#[test]
fn the_kernel_finds_built_what_was_prepared_and_builds_what_was_not() {
    let world = World::of_project("local-package");
    world.run(&["kernel", "install", "--prefix", "env"]).exits(0).says("Prepared 1 crate");
    let mut kernel = Kernel::start(&world, "notebooks");
    let shown = kernel.execute(":dep answers = { path = \"../answers\" }\nanswers::answer()");
    assert_eq!(shown, ["42"]);
    let libraries = || std::fs::read_dir(world.path("target/nbsnap/dependencies/libraries")).unwrap().count();
    assert_eq!(libraries(), 1, "what was prepared was built again");

    // Another kernel at the same time, and a package that nobody prepared, as when a learner adds a line.
    world.write("more/Cargo.toml", "[package]\nname = \"more\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    world.write("more/src/lib.rs", "pub fn more() -> u32 { 43 }");
    let mut other = Kernel::start(&world, "notebooks");
    assert_eq!(other.execute(":dep more = { path = \"../more\" }\nlet kept: u32 = 1;\nmore::more()"), ["43"]);
    assert_eq!(libraries(), 2);
    assert_eq!(kernel.execute("answers::answer() + 1"), ["43"]);
    assert_eq!(other.execute("more::more() + kept"), ["44"]);
    assert_eq!(kernel.execute("panic!(\"oh no\")").join("").matches("oh no").count(), 1);
}

/// As `nbsnap lab` starts kernels: each notebook has the servers of its own scenario.
#[test]
fn a_notebook_in_the_lab_has_a_testbed_of_its_own() {
    let mut world = World::empty();
    let scenario = |name: &str| {
        format!("\"nbsnap\": {{ \"scenario\": {:?} }}", workspace().join("crates/eoap-testbed/scenarios").join(name))
    };
    world.notebook("week1/lab", &scenario("water-bodies"), &[("a", "{}", "1")]);
    world.notebook("week2/lab", &scenario("literal"), &[("a", "{}", "1")]);
    world.notebook("week3/lab", "", &[("a", "{}", "1")]);
    let ask = "use std::io::{Read, Write};
        fn ask(method: &str, path: &str) -> String {
            let url = std::env::var(\"EOAP_TESTBED_OGC_URL\").unwrap_or_default();
            let Some((host, base)) = url.strip_prefix(\"http://\").and_then(|rest| rest.split_once('/')) else { return \"no server\".to_owned() };
            let mut stream = std::net::TcpStream::connect(host).unwrap();
            write!(stream, \"{method} /{base}{path} HTTP/1.0\\r\\nHost: {host}\\r\\nContent-Length: 0\\r\\n\\r\\n\").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        }
        fn has(what: &str) -> bool { ask(\"GET\", \"/processes\").contains(what) }";
    let mut processes = |week: &str| {
        world.set("JPY_SESSION_NAME", &format!("{{project}}/notebooks/{week}/lab.ipynb"));
        let mut kernel = Kernel::begin(&world, "notebooks", &["--testbed"]);
        kernel.connect();
        kernel.execute(ask);
        kernel.execute("(has(\"water-bodies\"), has(\"greet\"), ask(\"GET\", \"\") == \"no server\")")
    };
    assert_eq!(processes("week1"), ["(true, false, false)"]);
    assert_eq!(processes("week2"), ["(false, true, false)"]);
    assert_eq!(processes("week3"), ["(false, false, true)"]);
}

/// Who wants to watch the requests, or to reach the testbed at a port, wants those of all notebooks.
#[test]
fn the_lab_has_one_testbed_for_all_where_somebody_watches_it() {
    let world = World::empty();
    world.notebook("lab", "", &[("a", "{}", "1")]);
    let jupyter = world.path("jupyter");
    // A stand-in that shows how the kernel would be started.
    std::fs::write(&jupyter, "#!/bin/sh\n[ \"$2\" = --version ] || cat \"${JUPYTER_PATH%%:*}/kernels/rust/kernel.json\"\n")
        .unwrap();
    std::fs::set_permissions(&jupyter, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let lab = |arguments: &[&str]| {
        let outcome = world.run(&[&["lab", "--jupyter", jupyter.to_str().unwrap()], arguments].concat());
        let spec: serde_json::Value = serde_json::from_str(outcome.exits(0).stdout.as_str()).unwrap();
        spec["argv"].as_array().unwrap().contains(&"--testbed".into())
    };
    assert!(lab(&[]) && lab(&["--clock", "poll"]), "each notebook has its own");
    assert!(!lab(&["--requests"]) && !lab(&["--proxy-port", "45107"]) && !lab(&["--s3-port", "45107"]));
}

/// Jupyter asks a kernel that starts again and again whether it is there, on a connection that it closes when
/// no answer comes.
#[test]
fn who_asked_and_has_gone_does_not_end_a_kernel_that_starts() {
    let world = World::of_project("passes");
    let mut kernel = Kernel::begin(&world, "", &[]);
    let asked = async {
        let mut control = create_client_control_connection(&kernel.connection, "gone").await.unwrap();
        for _ in 0..20 {
            control.send(JupyterMessage::new(KernelInfoRequest {}, None)).await.unwrap();
        }
    };
    kernel.runtime.block_on(asked);
    kernel.connect();
    assert_eq!(kernel.execute("40 + 2"), ["42"]);
    assert_eq!(processes(&world).iter().filter(|command| command.contains("start") && !command.contains("setsid")).count(), 1);
}

#[test]
fn the_kernel_goes_when_jupyter_is_killed() {
    let world = World::of_project("passes");
    let mut kernel = Kernel::start(&world, "");
    assert_eq!(kernel.execute("1 + 1"), ["2"]);
    assert!(!processes(&world).is_empty());
    let outcome = world.run(&["clean", "--builds"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("a Jupyter kernel is using it"), "{}", outcome.stderr);
    drop(kernel);
    let killed = Instant::now();
    while !processes(&world).is_empty() {
        assert!(killed.elapsed() < Duration::from_secs(20), "left behind: {:?}", processes(&world));
        std::thread::sleep(Duration::from_millis(50));
    }
    // A process loses its working folder a moment before its files are closed.
    while world.run(&["clean", "--builds"]).exit == 96 {
        assert!(killed.elapsed() < Duration::from_secs(20), "something still holds the kernel's folder");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Cells from a file, one that asks for input among them, and one that fails.
#[test]
fn a_console_runs_what_it_is_given() {
    use std::io::Write;
    let world = World::empty();
    let run = |cells: &str| {
        let mut command = world.command(&["console", "--no-history"]);
        let mut console = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        console.stdin.take().unwrap().write_all(cells.as_bytes()).unwrap();
        let output = console.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let cells = "fn twice(n: u8) -> u8 {\n    n * 2\n}\ntwice(21)\nlet mut line = String::new(); std::io::stdin().read_line(&mut line).unwrap();\n\
                 typed\nline\n";
    assert_eq!(run(cells), (Some(0), "42\n\"typed\\n\"\n".to_owned(), String::new()));
    let (exit, shown, said) = run("panic!(\"oh no\")\n1 + 1\n");
    assert_eq!((exit, shown.as_str()), (Some(100), "2\n"));
    assert!(said.contains("Panic: oh no\n --> cell [1], line 1\n> 1 | panic!(\"oh no\")"), "{said}");
    assert!(processes(&world).is_empty());
}

/// Mistakes of learners that a server reports, each with the whole text that they read.
#[test]
fn mistakes_that_a_server_answers() {
    use std::io::Write;
    let scenario = workspace().join("crates/eoap-testbed/scenarios/water-bodies");
    let program = env!("CARGO_BIN_EXE_nbsnap");
    let world = World::empty();
    let arguments = ["serve", scenario.to_str().unwrap(), "--quiet", "--", program, "console", "--no-history"];
    let mut command = world.command(&arguments);
    let mut console = command.current_dir(workspace().join("notebooks")).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let cells = [
        ":dep eoap = { path = \"../crates/eoap\" }",
        "use eoap::{Client, Execution};",
        "let client = Client::new(\"http://zoo-project-dru-service/acme/ogc-api\")?;",
        "Client::new(\"http://zoo-project-service/acme/ogc-api\")?.processes().await?",
        "let job = client.execute(\"water-body\", &Execution::new()).await?;",
        "let job = client.execute(\"water-bodies\", &Execution::new().input(\"area\", \"-121.399,39.834,-120.74,40.472\")).await?;",
        // The server takes it, and its job fails.
        "job.wait().await?;",
    ];
    console.stdin.take().unwrap().write_all(cells.join("\n").as_bytes()).unwrap();
    let output = console.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("nbsnap: ")).collect();
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("mistakes_that_a_server_answers", said.join("\n"));
    });
}

/// A kernel, and a Jupyter that has started it. Dropping it kills Jupyter, and nothing else.
struct Kernel {
    jupyter: Child,
    runtime: Runtime,
    connection: ConnectionInfo,
    channels: Option<(ClientShellConnection, ClientIoPubConnection)>,
}

impl Kernel {
    fn start(world: &World, folder: &str) -> Kernel {
        let mut kernel = Kernel::begin(world, folder, &[]);
        kernel.connect();
        kernel
    }

    /// Starts one, which need not be ready when it listens.
    fn begin(world: &World, folder: &str, options: &[&str]) -> Kernel {
        let started = Instant::now();
        let (jupyter, connection) = loop {
            assert!(started.elapsed() < PATIENCE, "the kernel never listened");
            let connection = ports::connection();
            let file = world.path(&format!("connection-{}.json", connection.shell_port));
            std::fs::write(&file, serde_json::to_vec(&connection).unwrap()).unwrap();
            let kernel = world.command(&[&["kernel", "start", file.to_str().unwrap()], options].concat());
            // As Jupyter starts kernels: in their own session.
            let mut jupyter = Command::new("sh");
            jupyter.args(["-c", "setsid \"$@\" & wait", "jupyter"]).arg(kernel.get_program()).args(kernel.get_args());
            let environment = kernel.get_envs().filter_map(|(name, value)| Some((name, value?)));
            let mut jupyter = jupyter.env_clear().envs(environment).current_dir(world.path(folder)).spawn().unwrap();
            if ports::listens(&connection, &mut jupyter) {
                break (jupyter, connection);
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Kernel { jupyter, runtime, connection, channels: None }
    }

    /// Connects, and waits until the kernel answers.
    fn connect(&mut self) {
        let started = Instant::now();
        loop {
            let connection = &self.connection;
            let connected = self.runtime.block_on(async {
                let identity = peer_identity_for_session("tests").unwrap();
                let mut control = create_client_control_connection(connection, "tests").await.ok()?;
                control.send(JupyterMessage::new(KernelInfoRequest {}, None)).await.ok()?;
                tokio::time::timeout(Duration::from_secs(30), control.read()).await.ok()?.ok()?;
                let iopub = create_client_iopub_connection(connection, "", "tests").await.ok()?;
                let shell = create_client_shell_connection_with_identity(connection, "tests", identity).await.ok()?;
                Some((shell, iopub))
            });
            if connected.is_some() {
                self.channels = connected;
                return;
            }
            assert!(started.elapsed() < PATIENCE, "the kernel never answered");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What a cell shows, as text, and what it prints.
    fn execute(&mut self, code: &str) -> Vec<String> {
        let request = JupyterMessage::new(ExecuteRequest::new(code.to_owned()), None);
        let id = request.header.msg_id.clone();
        let (shell, iopub) = self.channels.as_mut().expect("connected");
        let answered = async {
            shell.send(request).await.unwrap();
            let mut shown = Vec::new();
            loop {
                let message = iopub.read().await.unwrap();
                if message.parent_header.as_ref().is_none_or(|parent| parent.msg_id != id) {
                    continue;
                }
                match message.content {
                    JupyterMessageContent::ExecuteResult(result) => shown.extend(plain(&result.data)),
                    JupyterMessageContent::DisplayData(display) => shown.extend(plain(&display.data)),
                    JupyterMessageContent::ClearOutput(_) => shown.clear(),
                    JupyterMessageContent::StreamContent(stream) => shown.push(stream.text),
                    JupyterMessageContent::ErrorOutput(error) => shown.push(error.evalue),
                    JupyterMessageContent::Status(status) if status.execution_state == ExecutionState::Idle => return shown,
                    _ => {}
                }
            }
        };
        let answered = async { tokio::time::timeout(Duration::from_secs(120), answered).await };
        self.runtime.block_on(answered).unwrap_or_else(|_| panic!("no answer to {code}"))
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        let _ = self.jupyter.kill();
        let _ = self.jupyter.wait();
    }
}

fn plain(media: &Media) -> Option<String> {
    media.content.iter().find_map(|media| if let MediaType::Plain(text) = media { Some(text.clone()) } else { None })
}

/// Processes whose environment or working folder names the world.
fn processes(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let of_world = |path: std::path::PathBuf| {
        let folder = std::fs::read_link(path.join("cwd")).ok()?;
        let command = std::fs::read(path.join("cmdline")).ok()?;
        (folder.starts_with(world.root()) && !command.is_empty()).then(|| String::from_utf8_lossy(&command).into_owned())
    };
    entries.filter_map(|entry| of_world(entry.path())).collect()
}
