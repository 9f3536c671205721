// What the cells' code finds around it. This file is part of every program that `fused` writes; it is not compiled here.

use std::any::type_name;
use std::fmt::{Debug, Display};
use std::io::Write;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, exit};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

static BOUNDARY: OnceLock<String> = OnceLock::new();
/// Whether the cell has said itself why it failed.
static REFUSED: AtomicBool = AtomicBool::new(false);
/// What commands and lines for the shell have said in this cell.
static SAID: Mutex<String> = Mutex::new(String::new());

/// What a `?` at the top level turns errors into. rustc names it in messages: it bears the name that it has in evcxr.
pub struct EvcxrUserCodeError;

pub fn begin() {
    let boundary = std::env::var("NBSNAP_BOUNDARY").unwrap_or_default();
    unsafe { std::env::remove_var("NBSNAP_BOUNDARY") };
    let _ = BOUNDARY.set(boundary);
}

/// Runs the notebook on a thread that has no name and the stack of a process, as evcxr's has.
pub fn run(notebook: fn() -> Result<(), EvcxrUserCodeError>) {
    begin();
    let thread = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
        raised(catch_unwind(notebook));
        end();
        leave();
    });
    let _ = thread.map(|thread| thread.join());
}

/// Ends a cell.
pub fn end() {
    let boundary = BOUNDARY.get().map_or(&b""[..], |boundary| boundary.as_bytes());
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(boundary);
    let _ = stdout.flush();
    let _ = std::io::stderr().write_all(boundary);
    REFUSED.store(false, Ordering::Relaxed);
}

/// Ends the process as evcxr's ends: no variable is dropped.
pub fn leave() -> ! {
    exit(0)
}

/// Ends the process after the last cell, unless a thread still runs, which may have something to print that no cell would own.
pub fn leave_alone() -> ! {
    let threads = std::fs::read_dir("/proc/self/task").map_or(0, |tasks| tasks.count());
    if threads > 2 {
        block("nbsnap/declined", "it leaves a thread that still runs");
    }
    leave()
}

pub type Outcome = std::thread::Result<Result<(), EvcxrUserCodeError>>;

/// Says how a cell failed; whether it did.
pub fn raised(outcome: Outcome) -> bool {
    match outcome {
        Ok(Ok(())) => return false,
        Ok(Err(_)) if REFUSED.load(Ordering::Relaxed) => {}
        Ok(Err(_)) => println!("EVCXR_ERROR_OCCURRED"),
        Err(_) => println!("EVCXR_PANIC_NOTIFICATION"),
    }
    true
}

/// Runs a cell that is meant to fail. If it does not, it is the notebook's last.
pub fn caught(cell: impl FnOnce() -> Result<(), EvcxrUserCodeError>) {
    if !raised(catch_unwind(AssertUnwindSafe(cell))) {
        end();
        leave();
    }
}

/// The type of a variable that is kept.
pub struct Held<T>(PhantomData<fn() -> T>);

/// Says no to a variable that evcxr could not keep: the type of a closure has no name.
pub fn keep<T: 'static>(name: &str, _: &T) -> Result<Held<T>, EvcxrUserCodeError> {
    if !type_name::<T>().contains("{{closure}}") {
        return Ok(Held(PhantomData));
    }
    block("nbsnap/declined", &format!("`{name}` has a type without a name"));
    REFUSED.store(true, Ordering::Relaxed);
    Err(EvcxrUserCodeError)
}

fn refuse(message: &str) {
    block("nbsnap/refused", message);
    REFUSED.store(true, Ordering::Relaxed);
}

/// Shows something, as evcxr's own code does.
pub fn block(mime: &str, text: &str) {
    println!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT");
}

/// Shows what a type's `Debug` says of a value. Behind a pointer may be a type that shows itself, which evcxr finds and this does not.
pub fn show<T>(text: &str) {
    let shown = type_name::<T>();
    if ["alloc::boxed::Box<", "alloc::rc::Rc<", "alloc::sync::Arc<"].iter().any(|pointer| shown.starts_with(pointer)) {
        block("nbsnap/declined", "it shows a pointer, and what is behind it may have a display of its own");
    }
    block("text/plain", text);
}

/// Keeps what a command says until all have spoken.
pub fn say(text: &str) {
    SAID.lock().unwrap().push_str(text);
}

/// Runs a line for the shell.
pub fn shell(line: &str) -> Result<(), EvcxrUserCodeError> {
    let message = match Command::new("sh").arg("-c").arg(line).output() {
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                say(&format!("{}{stderr}", String::from_utf8_lossy(&output.stdout)));
                return Ok(());
            }
            let code = output.status.code().unwrap_or_default();
            format!("Shell command failed with exit code {code}: {stderr}")
        }
        Err(error) => format!("Failed to execute shell command: {error}"),
    };
    SAID.lock().unwrap().clear();
    refuse(&message);
    Err(EvcxrUserCodeError)
}

/// Shows what commands and lines for the shell have said.
pub fn said() {
    block("text/plain", &std::mem::take(&mut *SAID.lock().unwrap()));
}

macro_rules! containers {
    ($t:ident) => {
        impl<T: $t> $t for Vec<T> {}
        impl<T: $t> $t for std::collections::VecDeque<T> {}
        impl<T: $t> $t for std::collections::HashSet<T> {}
        impl<T: $t> $t for std::collections::BTreeSet<T> {}
        impl<T: $t> $t for Option<T> {}
        impl<T: $t> $t for Box<T> {}
        impl<T: $t> $t for std::rc::Rc<T> {}
        impl<T: $t> $t for std::sync::Arc<T> {}
        impl<T: $t> $t for std::sync::Mutex<T> {}
        impl<T: $t> $t for std::sync::RwLock<T> {}
        impl<T: $t> $t for std::cell::Cell<T> {}
        impl<T: $t> $t for std::cell::RefCell<T> {}
        impl<T: $t, const N: usize> $t for [T; N] {}
        impl<T: $t> $t for std::ops::Range<T> {}
        impl<T: $t> $t for std::ops::RangeInclusive<T> {}
    };
}
use containers;

/// Lets types of variables be settled with their cell, as in evcxr, which compiles it without those that follow: a whole number that could be of
/// any type becomes an `i32`. `(&held).settled()` finds the first trait only where all that the type leaves open can be of these types.
pub mod settled {
    use super::Held;
    pub trait Settled {}
    pub trait ByDefault {
        fn settled(&self) {}
    }
    impl<T: Settled> ByDefault for Held<T> {}
    pub trait Otherwise {
        fn settled(&self) {}
    }
    impl<T> Otherwise for &Held<T> {}

    macro_rules! plain { ($($t:ty)*) => { $(impl Settled for $t {})* } }
    plain! { () i32 f64 bool char String &'static str }
    super::containers! { Settled }
    impl<A: Settled, B: Settled> Settled for (A, B) {}
    impl<A: Settled, B: Settled, C: Settled> Settled for (A, B, C) {}
    impl<A: Settled, B: Settled> Settled for std::collections::HashMap<A, B> {}
    impl<A: Settled, B: Settled> Settled for std::collections::BTreeMap<A, B> {}
    impl<A: Settled, B: Settled> Settled for Result<A, B> {}
}

/// Refuses types of variables that only a later cell would tell. `(&held).unknown()` finds the first trait only where the type leaves open what
/// any type could be. Two implementations keep rustc from choosing one.
pub mod unknown {
    use super::Held;
    pub trait Unknown {}
    pub trait ByName {
        fn unknown(&self) {}
    }
    impl<T: Unknown> ByName for Held<T> {}
    pub trait Otherwise {
        fn unknown(&self) {}
    }
    impl<T> Otherwise for &Held<T> {}

    pub struct One;
    pub struct Two;
    impl Unknown for One {}
    impl Unknown for Two {}
    super::containers! { Unknown }
    impl<A: Unknown, B> Unknown for std::collections::HashMap<A, B> {}
    impl<A: Unknown, B> Unknown for std::collections::BTreeMap<A, B> {}
    impl<A: Unknown, B> Unknown for Result<A, B> {}
    impl<A: Unknown, B> Unknown for (A, B) {}
}
