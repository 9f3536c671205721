A panic ends its cell. What earlier cells brought stays, what the cell would have brought is not there.
// %%
let mut log = vec![1];
fn checked(list: &[i32]) -> i32 {
    list[3]
}
// %%
println!("before");
log.push(2);
let lost = 1;
assert_eq!(log.len(), 3, "three");
//= stdout before\n
//= panics three
//= line 4
//= stderr panicked at line 4 of the cell:\nassertion `left == right` failed: three
// %%
log
//= value [1, 2]
// %%
lost
//= error E0425
// %%
checked(&log);
//= panics index out of bounds
//= stderr panicked at line 3 of cell 1:
// %%
let moved = log; panic!("after moving");
//= panics after moving
// %%
log
//= error E0425
//= help cell 6 moved it into its code and did not come to its end
// %%
std::panic::catch_unwind(|| panic!("inside")).is_err()
//= stderr inside
//= value true
// %%
std::thread::spawn(|| panic!("elsewhere")).join().is_err()
//= stderr elsewhere
//= value true
// %%
struct Loud;
impl Drop for Loud { fn drop(&mut self) { panic!("in drop"); } }
drop(Loud);
//= panics in drop
// %%
1 + 1
//= value 2
