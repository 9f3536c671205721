// Attributes on items and statements.
// %%
#![allow(unused_variables)]
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Level { Low = 1, High = 9 }
// %%
#[inline]
#[must_use]
fn level() -> Level { Level::High }
// %%
#[allow(unused)]
let unused = level();
level() as u8
// %%
#[cfg(test)]
fn only_in_tests() -> u8 { 1 }
#[cfg(not(test))]
fn only_here() -> u8 { 2 }
only_here()
// %%
#[deprecated(note = "old")]
fn old() -> u8 { 3 }
old()
