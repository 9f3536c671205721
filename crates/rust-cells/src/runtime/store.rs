//! The variables that live on from cell to cell.
//!
//! A value is kept without its type. The compiled cell that takes it names the type, which the compiler read
//! from the cell that kept it. So nothing here can check types, and only generated code may call [`take`].

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What [`keep`] returns: rustc writes its type, and so the variable's, into the cell's MIR.
pub struct Kept<T>(PhantomData<fn() -> T>);

/// A value whose type only its user knows. Dropping it drops the value.
trait Erased {}

impl<T> Erased for T {}

/// A value in the store. Cells run on one thread, which alone takes and keeps.
struct Value(Box<dyn Erased>);

// SAFETY: only the thread that runs cells calls `keep`, `take` and `discard`. Only the compiler needs the
// lock.
unsafe impl Send for Value {}

static STORE: LazyLock<Mutex<HashMap<&'static str, Value>>> = LazyLock::new(Mutex::default);

fn with<R>(act: impl FnOnce(&mut HashMap<&'static str, Value>) -> R) -> R {
    act(&mut STORE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Keeps a variable for later cells. A value of that name that is still there is dropped.
pub fn keep<T: 'static>(name: &'static str, value: T) -> Kept<T> {
    put(name, Box::new(value));
    Kept(PhantomData)
}

/// Takes a variable that an earlier cell kept.
///
/// # Panics
/// When there is no such variable. Generated code never asks for one.
pub fn take<T: 'static>(name: &'static str) -> T {
    let value: *mut T = Box::into_raw(pull(name)).cast();
    // SAFETY: the caller names the type with which the value was kept, and the box was made for that type.
    *unsafe { Box::from_raw(value) }
}

/// The part of [`keep`] that does not depend on the type. Every cell compiles generic code again, here a
/// hash map.
fn put(name: &'static str, value: Box<dyn Erased>) {
    let old = with(|store| store.insert(name, Value(value)));
    // Its `drop` may keep or print: not while the store is locked.
    drop(old);
}

/// The part of [`take`] that does not depend on the type.
fn pull(name: &'static str) -> Box<dyn Erased> {
    let Some(Value(value)) = with(|store| store.remove(name)) else {
        panic!("the variable `{name}` is not there any more");
    };
    value
}

/// Drops variables that cells can no longer reach.
pub fn discard(names: &[&str]) {
    let gone: Vec<Value> = with(|store| names.iter().filter_map(|name| store.remove(*name)).collect());
    drop(gone);
}
