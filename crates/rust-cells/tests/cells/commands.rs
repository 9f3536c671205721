Commands say what they do; what there is not is refused, and nothing of its cell happens.
// %%
let count = 3;
// %%
:vars
//= display text/html <table><tr><th>Variable</th><th>Type</th></tr><tr><td>count</td><td>i32</td></tr></table>
//= value count: i32\n
// %%
:type count
//= value count: i32\n
// %%
:nonsense
println!("not run");
//= refused Unrecognised command :nonsense
// %%
:env GREETING=hello
std::env::var("GREETING").unwrap()
//= value Set GREETING=hello\n
//= value "hello"
// %%
!echo hello; echo $GREETING
//= value hello\nhello\n
// %%
!echo bad >&2; exit 3
//= refused Shell command failed with exit code 3: bad
// %%
:clear
// %%
count
//= error E0425
