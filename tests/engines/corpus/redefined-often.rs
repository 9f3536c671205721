// A function and a constant that are written anew many times, used in between.
// %%
fn step() -> u32 { 1 }
const SIZE: u32 = 10;
let mut sum = step() + SIZE;
// %%
fn step() -> u32 { 2 }
sum += step();
// %%
const SIZE: u32 = 20;
fn step() -> u32 { 3 }
sum += step() + SIZE;
// %%
fn step() -> u32 { 4 }
sum + step() + SIZE
// %%
fn steps() -> Vec<u32> { vec![step(), SIZE] }
steps()
// %%
use std::cmp::max as larger;
larger(1, 2)
// %%
use std::cmp::min as larger;
larger(1, 2)
