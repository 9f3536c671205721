//! What a panic prints, and where it or an error was raised, in the author's terms.
//!
//! Generated programs have their own places. The front provides the map from their lines to lines of cells.
//! This is the only module that translates.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;
use std::panic::{Location, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use super::system::library_of;

/// Where a panic or an error was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub struct Place {
    /// The cell's label; empty for the cell that runs.
    pub(super) cell: String,
    /// The line in that cell, from 1.
    pub(super) line: u32,
}

/// A stretch of generated lines and what it was made from.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) cell: String,
    pub(super) line: u32,
}

/// By the library's file: its lines.
static LINES: LazyLock<Mutex<HashMap<String, Vec<Stretch>>>> = LazyLock::new(Mutex::default);

/// Whether the note about backtraces was printed.
static NOTED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static LAST: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Says what the lines of a library are.
pub(super) fn know(library: &str, lines: Vec<Stretch>) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).insert(library.to_owned(), lines);
}

/// Where the last panic of this thread was raised, if that was in a cell.
pub(super) fn last_place() -> Option<Place> {
    LAST.with(|last| last.borrow_mut().take())
}

/// Prints panics as the standard library does, with places that the author knows.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(hook));
}

fn hook(info: &PanicHookInfo<'_>) {
    let place = info.location().and_then(place_of);
    let thread = std::thread::current();
    // Cells run on the main thread here, and on an unnamed one in evcxr: both print the same.
    let name = thread.name().filter(|name| *name != "main").unwrap_or("<unnamed>");
    let at = match (&place, info.location()) {
        (Some(place), _) if place.cell.is_empty() => format!("line {} of the cell", place.line),
        (Some(place), _) => format!("line {} of {}", place.line, place.cell),
        (None, Some(location)) => location.to_string(),
        (None, None) => "an unknown place".to_owned(),
    };
    let said = info.payload_as_str().unwrap_or("Box<dyn Any>");
    let wants_frames = std::env::var("RUST_BACKTRACE").is_ok_and(|wanted| wanted != "0");
    let note = match wants_frames {
        true => format!("stack backtrace:\n{}", std::backtrace::Backtrace::force_capture()),
        // As the standard library does: once is enough.
        false if NOTED.swap(true, Ordering::Relaxed) => String::new(),
        false => "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n".to_owned(),
    };
    let text = format!("\nthread '{name}' ({}) panicked at {at}:\n{said}\n{note}", super::system::thread_id());
    LAST.with(|last| last.replace(place));
    let is_awaited = HOLDS.load(Ordering::Relaxed) && thread.name() == Some("main") && !wants_frames;
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    match std::mem::take(&mut *held) {
        Held::Nothing if is_awaited => *held = Held::Panic(text),
        Held::Nothing => write(&text),
        // A second panic, perhaps while the first one unwinds: print both now, since the process may abort.
        Held::Panic(before) => {
            *held = Held::NoMore;
            write(&(before + &text));
        }
        Held::NoMore => {
            *held = Held::NoMore;
            write(&text);
        }
    }
}

/// Whether the front reports panics itself, so that they are not printed, too.
static HOLDS: AtomicBool = AtomicBool::new(false);
static HELD: Mutex<Held> = Mutex::new(Held::Nothing);

/// What panics of the cell that runs have not printed.
#[derive(Default)]
enum Held {
    /// There was none.
    #[default]
    Nothing,
    /// What the first one would have printed.
    Panic(String),
    /// There are more, and all are printed.
    NoMore,
}

/// From now on the panic that ends a cell prints nothing: the front says it.
pub(super) fn hold() {
    HOLDS.store(true, Ordering::Relaxed);
}

/// Prints the panic that was kept back, unless it has ended the cell: then the cell has caught it.
pub(super) fn settle(has_panicked: bool) {
    let held = std::mem::take(&mut *HELD.lock().unwrap_or_else(PoisonError::into_inner));
    if let Held::Panic(text) = held
        && !has_panicked
    {
        write(&text);
    }
}

/// As the standard library does: what cannot be written is not written.
fn write(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

pub(super) fn place_of(location: &Location<'_>) -> Option<Place> {
    // A location is a constant of the library that contains its code.
    let library = library_of(std::ptr::from_ref(location).cast())?;
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let line = location.line();
    if !location.file().ends_with("lib.rs") {
        return None;
    }
    let stretch = lines.get(&library)?.iter().find(|stretch| stretch.first <= line && line <= stretch.last)?;
    Some(Place { cell: stretch.cell.clone(), line: stretch.line + (line - stretch.first) })
}
