//! The process that loads and runs the cells' code. It may panic, exit, crash or hang.
//!
//! It replaces evcxr's own runtime loop, with two differences. Its orders come over a socket and not over
//! the standard streams, so a cell may print anything. And after each cell it flushes standard output and
//! writes a boundary to both streams. Everything before the boundary, which only the relay knows, belongs to
//! the cell. It knows nothing of notebooks, and never reads what is printed.

use std::ffi::c_void;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use libloading::Library;
use nbsnap::process::limits;

/// The function with which [`FLUSH_SOURCE`] flushes the cells' standard output.
const FLUSH_SYMBOL: &[u8] = b"nbsnap_flush_stdout\0";

/// Code that the worker runs once per notebook. It defines a function that flushes the standard library's
/// stdout buffer. All cells share one `libstd.so`, and this program has another. So only code that is loaded
/// with the cells can flush it.
pub(crate) const FLUSH_SOURCE: &str = r#"{
    #[unsafe(no_mangle)]
    pub extern "C" fn nbsnap_flush_stdout() { let _ = std::io::Write::flush(&mut std::io::stdout()); }
};"#;

/// An order from the relay: load this shared object and call this function.
pub(crate) struct Order<'a> {
    /// The shared object's file.
    pub(crate) library: &'a str,
    /// The function's name.
    pub(crate) function: &'a str,
    /// What to write on both streams afterwards.
    pub(crate) boundary: &'a str,
}

impl Order<'_> {
    /// The order as one line. Tabs separate the fields. Neither evcxr's names nor boundaries contain tabs.
    pub(crate) fn to_line(&self) -> String {
        format!("{}\t{}\t{}\n", self.function, self.boundary, self.library)
    }

    fn parse(line: &str) -> Option<Order<'_>> {
        let mut fields = line.trim_end_matches('\n').splitn(3, '\t');
        let (function, boundary, library) = (fields.next()?, fields.next()?, fields.next()?);
        Some(Order { library, function, boundary })
    }
}

/// Runs the loop until the relay closes the socket, which is on standard input.
pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "nbsnap runtime: {error}");
            ExitCode::from(99)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    // Take the socket away from standard input: cells that read it shall find it empty.
    let control = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    limits::end_with_parent()?;
    limits::no_core_dump()?;
    if let Some(bytes) = std::env::var(crate::role::MAX_MEMORY_VARIABLE).ok().and_then(|bytes| bytes.parse().ok()) {
        limits::limit_memory(bytes)?;
    }

    let mut reply = control.try_clone()?;
    let mut orders = BufReader::new(control);
    let mut libraries: Vec<Library> = Vec::new();
    let mut flush: Option<extern "C" fn()> = None;
    let mut store: *mut c_void = std::ptr::null_mut();
    let mut line = String::new();
    while orders.read_line(&mut line)? > 0 {
        let order = Order::parse(&line).ok_or("order not understood")?;
        // SAFETY: evcxr made the library from the user's cell. This process exists only to run it, and is
        // separate so that a crash affects nothing else. The function has the signature that evcxr
        // generates.
        unsafe {
            let library = Library::new(order.library)?;
            let function = library.get::<extern "C" fn(*mut c_void) -> *mut c_void>(order.function.as_bytes())?;
            store = function(store);
            if flush.is_none() {
                flush = library.get::<extern "C" fn()>(FLUSH_SYMBOL).ok().map(|symbol| *symbol);
            }
            // Never unloaded: variables, threads and thread-local destructors still point into it.
            libraries.push(library);
        }
        if let Some(flush) = flush {
            flush();
        }
        write_boundary(std::io::stdout().as_fd(), order.boundary)?;
        write_boundary(std::io::stderr().as_fd(), order.boundary)?;
        reply.write_all(b"done\n")?;
        line.clear();
    }
    std::mem::forget(libraries);
    Ok(())
}

/// Writes past this program's own buffers, in one call.
fn write_boundary(to: std::os::fd::BorrowedFd<'_>, boundary: &str) -> std::io::Result<()> {
    std::fs::File::from(to.try_clone_to_owned()?).write_all(boundary.as_bytes())
}
