What is odd about a source says nothing: attributes, comments, mistakes.
// %%
#![allow(unused_variables)]
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Level { Low = 1, High = 9 }
#[cfg(unix)]
fn system() -> &'static str { "unix" }
// %%
/// A comment.
fn documented() -> u8 { 1 }
documented() // shown
//= value 1
// %%
// only a comment
// %%
(Level::High, system())
//= value (High, "unix")
// %%
#![feature(never_type)]
1
//= stable error E0554
//= nightly value 1
// %%
fn open() {
//= error unclosed
// %%
let byte: u8 = 256;
//= error literal out of range
// %%
include_str!("../crates/counter/Cargo.toml").len() > 10
//= value true
// %%
fn main() -> Result<(), std::num::ParseIntError> { println!("in main"); Ok(()) }
main()?
//= stdout in main\n
//= value ()
