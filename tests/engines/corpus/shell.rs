// Lines for the shell.
// %%
!echo hello
// %%
!printf 'one\ntwo\n'
!echo three 1>&2
println!("and code");
// %% raises-exception
!echo bad >&2; exit 3
// %%
println!("after");
