//! The loop of the process that runs cells: orders come over a socket, answers go back, and output goes where
//! the cell sends it.
//!
//! The protocol is lines of fields, separated by tabs, with `\t`, `\n` and `\\` escaped. See
//! `process/control.rs` for the other end.

use std::collections::HashMap;
use std::ffi::c_void;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use super::fields::{escaped, unescaped};
use super::outcome::Outcome;
use super::panics::{self, Stretch};
use super::{access, future, input, outcome, show, supervise, system};

/// How long a printed line without its end may stay invisible.
const UNFLUSHED: Duration = Duration::from_millis(50);

/// Runs cells, or watches over the process that does.
pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|role| role == "supervise") {
        return supervise::main(&arguments.collect::<Vec<_>>());
    }
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "the process of cells cannot start: {error}");
            ExitCode::from(98)
        }
    }
}

fn serve() -> std::io::Result<()> {
    system::end_with_parent();
    system::no_core_file();
    // The socket came as standard input. Cells that read that find it empty.
    let moved = system::move_up(0).ok_or_else(std::io::Error::last_os_error)?;
    // SAFETY: the descriptor was just made, and nothing else uses it.
    let mut front = unsafe { UnixStream::from_raw_fd(moved) };
    system::replace(0, File::open("/dev/null")?.as_raw_fd());
    panics::install_hook();
    let orders = BufReader::new(front.try_clone()?);
    let (sender, received) = channel();
    // Cells run on the main thread, as a program's code does. This one listens, so that a cell can be
    // cancelled.
    std::thread::Builder::new().name("cells-orders".into()).spawn(move || listen(orders, &sender))?;
    // Makes a printed line without its end visible while the cell runs. A thread of this name is not counted
    // among the cell's threads.
    std::thread::Builder::new().name("cells-orders-2".into()).spawn(|| {
        loop {
            std::thread::sleep(UNFLUSHED);
            let _ = std::io::stdout().flush();
        }
    })?;
    answer(&mut front, &["ready"])?;
    let mut libraries = HashMap::new();
    for order in received {
        let words: Vec<&str> = order.iter().map(String::as_str).collect();
        obey(&words, &mut front, &mut libraries)?;
    }
    Ok(())
}

/// Takes in what the front says while a cell runs. Passes on what has to wait for the cell's end.
fn listen(orders: BufReader<UnixStream>, sender: &Sender<Vec<String>>) {
    for line in orders.lines().map_while(Result::ok) {
        let fields: Vec<String> = line.split('\t').map(unescaped).collect();
        match fields[0].as_str() {
            "cancel" => {
                future::cancel();
                input::cancel();
            }
            "given" => input::give(fields.get(1).map(String::as_str).unwrap_or_default()),
            "refused" => input::refuse(),
            _ => {
                if sender.send(fields).is_err() {
                    return;
                }
            }
        }
    }
    // The front is gone, so nobody waits for this process.
    std::process::exit(0);
}

fn obey(order: &[&str], front: &mut UnixStream, libraries: &mut HashMap<String, *mut c_void>) -> std::io::Result<()> {
    match order {
        ["memory", bytes] => bytes.parse().into_iter().for_each(system::limit_memory),
        ["set", name, value] => {
            // SAFETY: no cell runs. If a thread of the notebook reads variables now, that is its author's
            // risk, as in a program.
            unsafe { std::env::set_var(name, value) }
        }
        ["hold-panics"] => panics::hold(),
        ["record", path] => {
            if let Err(error) = access::record_in(path) {
                answer(front, &["broken", &format!("it cannot write down what cells read: {error}")])?;
            }
        }
        ["input"] => input::ask(front.try_clone()?),
        ["load", file] => {
            if let Err(message) = loaded(libraries, file) {
                answer(front, &["broken", &message])?;
            }
        }
        ["run", file, lines, discarded @ ..] => run(front, libraries, file, lines, discarded)?,
        _ => answer(front, &["broken", "an order that is not known"])?,
    }
    Ok(())
}

fn run(
    front: &mut UnixStream,
    libraries: &mut HashMap<String, *mut c_void>,
    file: &str,
    lines: &str,
    discarded: &[&str],
) -> std::io::Result<()> {
    let entry = loaded(libraries, file).and_then(|library| system::function(library, c"__cells_entry"));
    let entry = match entry {
        Ok(entry) => entry,
        Err(message) => return answer(front, &["broken", &message]),
    };
    panics::know(file, stretches(lines));
    outcome::begin();
    future::begin();
    input::begin();
    answer(front, &["running"])?;
    outcome::whole(|| super::store::discard(discarded));
    entry();
    flush();
    let shown = show::taken();
    let ended = outcome::end();
    panics::settle(matches!(ended, Outcome::Panicked { .. }));
    let (kind, message, place) = match ended {
        Outcome::Finished => ("finished", String::new(), None),
        Outcome::Returned => ("returned", String::new(), None),
        Outcome::Panicked { message, place } => ("panicked", message, place),
        Outcome::Failed { message, place } => ("failed", message, place),
        Outcome::Cancelled => ("cancelled", String::new(), None),
    };
    let (cell, line) = place.map(|place| (place.cell, place.line.to_string())).unwrap_or_default();
    let threads = threads().to_string();
    let mut fields = vec![kind, &message, &cell, &line, &threads];
    fields.extend(shown.as_deref());
    answer(front, &fields)?;
    // The front has its answer and does not wait for this.
    system::trim_memory();
    Ok(())
}

/// How many threads cells have left running.
///
/// If there are more than before, it looks again: for a moment a thread that begins has no name of its own
/// yet, and one that has ended is still there.
fn threads() -> usize {
    static BEFORE: AtomicUsize = AtomicUsize::new(0);
    let before = BEFORE.load(Ordering::Relaxed);
    let mut threads = threads_now();
    for _ in 0..5 {
        if threads <= before {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
        threads = threads_now();
    }
    BEFORE.store(threads, Ordering::Relaxed);
    threads
}

/// How many threads cells have started. Those of this library and of tokio's reactor, which always run, do
/// not count.
fn threads_now() -> usize {
    let Ok(entries) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let name = |entry: &std::fs::DirEntry| std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
    let is_ours =
        |name: &str| name.starts_with("cells-orders") || name.starts_with("tokio-rt-worke") || name.starts_with("tokio-runtime");
    entries.flatten().filter(|entry| !is_ours(&name(entry))).count().saturating_sub(1)
}

/// Writes out what is still in the buffers of standard output.
fn flush() {
    let _ = std::io::stdout().flush();
    system::flush_c_streams();
}

fn loaded(libraries: &mut HashMap<String, *mut c_void>, file: &str) -> Result<*mut c_void, String> {
    if let Some(library) = libraries.get(file) {
        return Ok(*library);
    }
    let library = system::load(file)?;
    libraries.insert(file.to_owned(), library);
    Ok(library)
}

/// Reads `first:last:line:cell`, separated by semicolons.
fn stretches(text: &str) -> Vec<Stretch> {
    let stretch = |part: &str| {
        let mut fields = part.splitn(4, ':');
        let mut number = || fields.next()?.parse().ok();
        let (first, last, line) = (number()?, number()?, number()?);
        Some(Stretch { first, last, line, cell: fields.next()?.to_owned() })
    };
    text.split(';').filter_map(stretch).collect()
}

fn answer(front: &mut UnixStream, fields: &[&str]) -> std::io::Result<()> {
    let line: Vec<String> = fields.iter().map(|field| escaped(field)).collect();
    front.write_all((line.join("\t") + "\n").as_bytes())
}
